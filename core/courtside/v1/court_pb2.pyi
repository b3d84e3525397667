from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CourtKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COURT_KIND_UNSPECIFIED: _ClassVar[CourtKind]
    COURT_KIND_NBA: _ClassVar[CourtKind]
    COURT_KIND_FIBA: _ClassVar[CourtKind]
    COURT_KIND_NCAA: _ClassVar[CourtKind]
    COURT_KIND_HIGH_SCHOOL: _ClassVar[CourtKind]
COURT_KIND_UNSPECIFIED: CourtKind
COURT_KIND_NBA: CourtKind
COURT_KIND_FIBA: CourtKind
COURT_KIND_NCAA: CourtKind
COURT_KIND_HIGH_SCHOOL: CourtKind

class CalibrationPoint(_message.Message):
    __slots__ = ("pixel_x", "pixel_y", "court_x", "court_y", "label")
    PIXEL_X_FIELD_NUMBER: _ClassVar[int]
    PIXEL_Y_FIELD_NUMBER: _ClassVar[int]
    COURT_X_FIELD_NUMBER: _ClassVar[int]
    COURT_Y_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    pixel_x: float
    pixel_y: float
    court_x: float
    court_y: float
    label: str
    def __init__(self, pixel_x: _Optional[float] = ..., pixel_y: _Optional[float] = ..., court_x: _Optional[float] = ..., court_y: _Optional[float] = ..., label: _Optional[str] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("court", "width", "height", "points")
    COURT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    court: CourtKind
    width: int
    height: int
    points: _containers.RepeatedCompositeFieldContainer[CalibrationPoint]
    def __init__(self, court: _Optional[_Union[CourtKind, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., points: _Optional[_Iterable[_Union[CalibrationPoint, _Mapping]]] = ...) -> None: ...

class CalibrationFit(_message.Message):
    __slots__ = ("rms_error", "homography")
    RMS_ERROR_FIELD_NUMBER: _ClassVar[int]
    HOMOGRAPHY_FIELD_NUMBER: _ClassVar[int]
    rms_error: float
    homography: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, rms_error: _Optional[float] = ..., homography: _Optional[_Iterable[float]] = ...) -> None: ...

class SetCalibrationRequest(_message.Message):
    __slots__ = ("camera", "calibration")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    camera: str
    calibration: Calibration
    def __init__(self, camera: _Optional[str] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ...) -> None: ...

class SetCalibrationResponse(_message.Message):
    __slots__ = ("fit",)
    FIT_FIELD_NUMBER: _ClassVar[int]
    fit: CalibrationFit
    def __init__(self, fit: _Optional[_Union[CalibrationFit, _Mapping]] = ...) -> None: ...

class GetCalibrationRequest(_message.Message):
    __slots__ = ("camera",)
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    camera: str
    def __init__(self, camera: _Optional[str] = ...) -> None: ...

class GetCalibrationResponse(_message.Message):
    __slots__ = ("calibration", "fit")
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    FIT_FIELD_NUMBER: _ClassVar[int]
    calibration: Calibration
    fit: CalibrationFit
    def __init__(self, calibration: _Optional[_Union[Calibration, _Mapping]] = ..., fit: _Optional[_Union[CalibrationFit, _Mapping]] = ...) -> None: ...

class DeleteCalibrationRequest(_message.Message):
    __slots__ = ("camera",)
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    camera: str
    def __init__(self, camera: _Optional[str] = ...) -> None: ...

class DeleteCalibrationResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
