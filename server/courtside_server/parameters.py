"""Parameters: how a number that decides something is declared, with its unit, meaning, evidence and search range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class ParameterGroup(BaseModel):
    """Base of every group of parameters: frozen, and an unknown name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def parameter(
    default: Any, *, unit: str, meaning: str, evidence: str, search: tuple[float, float] | None = None,
    low: float | None = None, high: float | None = None,
) -> Any:
    """Declare one number that decides something.

    Args:
        default: the value in use.
        unit: what it is measured in; ``1`` for a share or a ratio.
        meaning: what it decides, in one or two sentences.
        evidence: how the value was found. "Set by hand." where nothing was measured.
        search: lowest and highest value that a sweep tries; None where a sweep makes no sense.
        low: lowest value that is accepted.
        high: highest value that is accepted.

    Example:
        >>> class Filters(ParameterGroup):
        ...     max_distance: float = parameter(
        ...         3.0, unit="rim widths", meaning="How near it must come.", evidence="Set by hand.", search=(1, 6))
        >>> Filters().max_distance
        3.0
    """
    return Field(
        default, ge=low, le=high, description=meaning,
        json_schema_extra={"unit": unit, "evidence": evidence, "search": list(search) if search else None},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter, for sweeps and documentation.

    Attributes:
        name: dotted path from the root group, such as ``filters.max_rim_distance``.
        default: the value in use.
        unit: what it is measured in.
        meaning: what it decides.
        evidence: how the value was found.
        search: lowest and highest value that a sweep tries, or None.
    """

    name: str
    default: Any
    unit: str
    meaning: str
    evidence: str
    search: tuple[float, float] | None


def parameters(group: type[BaseModel], prefix: str = "") -> Iterator[Parameter]:
    """List every declared parameter of a group and of the groups inside it.

    Args:
        group: the class to walk through.
        prefix: dotted path of the class itself.
    """
    for name, field in group.model_fields.items():
        inner = _group(field)
        if inner is not None:
            yield from parameters(inner, f"{prefix}{name}.")
        elif isinstance(field.json_schema_extra, dict) and "evidence" in field.json_schema_extra:
            extra = field.json_schema_extra
            search: Any = extra["search"]
            yield Parameter(
                f"{prefix}{name}", field.default, str(extra["unit"]), field.description or "", str(extra["evidence"]),
                None if search is None else (float(search[0]), float(search[1])),
            )  # fmt: skip


def _group(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    if get_origin(kind) is not None:
        kind = next((part for part in get_args(kind) if isinstance(part, type)), None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
