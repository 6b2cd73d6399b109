"""Texts found in a picture, and what they mean."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe, validate
from studio.imaging.metadata import a1111, safelight, xmp
from studio.imaging.metadata.safelight import Capsule


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture file says of itself.

    `recipe` is complete when `software` is Safelight, and the nearest equivalent otherwise. `fields` holds every
    text found, by the keyword it had in the file; A1111's pairs are in `parameters`. `warnings` are sentences. `job` is
    the job that made this very file, "ID#INDEX", "" if none says so.
    """

    format: str
    size: Size
    recipe: Recipe | None = None
    software: str = ""
    prompt: str = ""
    negative: str = ""
    capsule: Capsule | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    generated: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    job: str = ""


def understood(info: PictureInfo) -> PictureInfo:
    """The same with what its fields mean: our own recipe if there is a sound one, otherwise A1111's text."""
    packet = info.fields.get(xmp.PNG_KEYWORD, "")
    info = dataclasses.replace(
        info,
        generated=xmp.source_type(packet) is not None,
        software=info.fields.get("Software", ""),
        job=info.fields.get(safelight.JOB_KEYWORD, "") or xmp.ours(packet, "job"),
    )
    text = info.fields.get(safelight.PNG_KEYWORD, xmp.ours(packet, "picture") or None)
    if text is None:
        return _with_a1111(info)
    try:
        return _with_ours(info, text)
    except StudioError as error:
        return _with_a1111(dataclasses.replace(info, warnings=(*info.warnings, str(error))))


def _with_ours(info: PictureInfo, text: str) -> PictureInfo:
    found, capsule = safelight.read(text)
    recipe, warnings = _within_limits(found)
    return dataclasses.replace(
        info,
        recipe=recipe,
        capsule=capsule,
        software=capsule.software or safelight.NAME,
        prompt=recipe.prompt,
        negative=recipe.negative,
        parameters=a1111.parse(_a1111_text(info.fields) or "").fields,
        warnings=(*info.warnings, *warnings),
        job=info.job or capsule.job,
    )


def _with_a1111(info: PictureInfo) -> PictureInfo:
    text = _a1111_text(info.fields)
    if text is None:
        return info
    parameters = a1111.parse(text)
    found, unreadable = a1111.recipe_of(parameters)
    recipe, warnings = _within_limits(found)
    return dataclasses.replace(
        info,
        recipe=recipe,
        software=_program(parameters.fields.get("Version", ""), info.software),
        prompt=parameters.prompt,
        negative=parameters.negative,
        parameters=parameters.fields,
        warnings=(*info.warnings, *unreadable, *warnings),
    )


def _within_limits(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """The recipe with defaults in place of what no recipe may hold, and a sentence for each."""
    warnings, default = [], Recipe()
    for problem in validate(recipe, multiple=1):
        warnings.append(problem.message)
        name, _, part = problem.field.partition(".")
        value: Any = getattr(default, name)
        if part and value is not None:
            value = dataclasses.replace(getattr(recipe, name), **{part: getattr(value, part)})
        recipe = dataclasses.replace(recipe, **{name: value})
    return recipe, warnings


def _a1111_text(fields: dict[str, str]) -> str | None:
    """The text, from where PNG keeps it; other places may hold anything, so there it must have A1111's last line."""
    text = fields.get(a1111.KEYWORD)
    if text is not None and not text.lstrip().startswith("{"):
        return text
    elsewhere = (fields[key] for key in ("UserComment", "ImageDescription", "comment") if key in fields)
    return next((text for text in elsewhere if a1111.parse(text).fields), None)


def _program(version: str, software: str) -> str:
    if version.startswith(safelight.NAME):
        return version
    return software or f"A1111 or compatible {version}".strip()
