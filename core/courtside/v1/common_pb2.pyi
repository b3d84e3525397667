from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Zone(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ZONE_UNSPECIFIED: _ClassVar[Zone]
    ZONE_PAINT_EXTENDED: _ClassVar[Zone]
    ZONE_LEFT_MID_RANGE: _ClassVar[Zone]
    ZONE_MIDDLE_MID_RANGE: _ClassVar[Zone]
    ZONE_RIGHT_MID_RANGE: _ClassVar[Zone]
    ZONE_LEFT_WING_THREE_POINTER: _ClassVar[Zone]
    ZONE_MIDDLE_THREE_POINTER: _ClassVar[Zone]
    ZONE_RIGHT_WING_THREE_POINTER: _ClassVar[Zone]

class ShotResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHOT_RESULT_UNSPECIFIED: _ClassVar[ShotResult]
    SHOT_RESULT_MADE: _ClassVar[ShotResult]
    SHOT_RESULT_MISSED: _ClassVar[ShotResult]

class ShotType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHOT_TYPE_UNSPECIFIED: _ClassVar[ShotType]
    SHOT_TYPE_JUMP_SHOT: _ClassVar[ShotType]
    SHOT_TYPE_LAYUP: _ClassVar[ShotType]
    SHOT_TYPE_DUNK: _ClassVar[ShotType]
    SHOT_TYPE_FREE_THROW: _ClassVar[ShotType]
    SHOT_TYPE_CATCH_AND_SHOOT: _ClassVar[ShotType]
    SHOT_TYPE_STEP_BACK: _ClassVar[ShotType]
    SHOT_TYPE_SIDE_STEP: _ClassVar[ShotType]

class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_UNSPECIFIED: _ClassVar[Source]
    SOURCE_MODEL: _ClassVar[Source]
    SOURCE_CALIBRATION: _ClassVar[Source]
    SOURCE_COURT_ESTIMATE: _ClassVar[Source]
    SOURCE_PERSON: _ClassVar[Source]
ZONE_UNSPECIFIED: Zone
ZONE_PAINT_EXTENDED: Zone
ZONE_LEFT_MID_RANGE: Zone
ZONE_MIDDLE_MID_RANGE: Zone
ZONE_RIGHT_MID_RANGE: Zone
ZONE_LEFT_WING_THREE_POINTER: Zone
ZONE_MIDDLE_THREE_POINTER: Zone
ZONE_RIGHT_WING_THREE_POINTER: Zone
SHOT_RESULT_UNSPECIFIED: ShotResult
SHOT_RESULT_MADE: ShotResult
SHOT_RESULT_MISSED: ShotResult
SHOT_TYPE_UNSPECIFIED: ShotType
SHOT_TYPE_JUMP_SHOT: ShotType
SHOT_TYPE_LAYUP: ShotType
SHOT_TYPE_DUNK: ShotType
SHOT_TYPE_FREE_THROW: ShotType
SHOT_TYPE_CATCH_AND_SHOOT: ShotType
SHOT_TYPE_STEP_BACK: ShotType
SHOT_TYPE_SIDE_STEP: ShotType
SOURCE_UNSPECIFIED: Source
SOURCE_MODEL: Source
SOURCE_CALIBRATION: Source
SOURCE_COURT_ESTIMATE: Source
SOURCE_PERSON: Source
