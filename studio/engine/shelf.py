"""What stays in memory from one job to the next: models, and the upscaler."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from studio.engine import upscale
from studio.engine.device import DevicePlan
from studio.engine.ladder import WHOLE, Placing
from studio.engine.libraries import torch
from studio.engine.loading import identify, open_model
from studio.engine.memory import give_back, trim
from studio.engine.models import LoadedModel, Poll
from studio.engine.upscale import Upscaler

KEPT_MODELS = 2
KEPT_SHARE = 0.3  # of the device's memory may be held by models that are kept for the next job
_CONFIGS = (".json", ".txt", ".model")
_Stamp = tuple[tuple[str, int, int], ...]
_Key = tuple[Path, str, str, _Stamp]  # where it lies, its content hash, how it is placed, the state of its configs


class Shelf:
    """The `models` of the last jobs, the newest last."""

    def __init__(self, plan: DevicePlan) -> None:
        self._plan = plan
        self.models: OrderedDict[_Key, LoadedModel] = OrderedDict()
        self._upscaler: Upscaler | None = None

    def model(
        self, path: Path, poll: Poll, report: Callable[[int, int], None], placing: Placing | None = None
    ) -> LoadedModel:
        """The model at `path`, loaded now or kept from an earlier job; without `placing` whole on the device."""
        placing = placing or Placing(WHOLE, self._plan)
        family, digest = identify(path, poll)
        key = path.resolve(), digest, placing.name, _configs(path)
        if key not in self.models:
            if self._drop(lambda other: other[0] == key[0]):
                give_back(self._plan.device)
            self._make_room()
            self.models[key] = open_model(path, family, digest, placing.plan, poll, report, placing.settle)
            trim(self._plan.device)
        self.models.move_to_end(key)
        return self.models[key]

    def upscaler(self, plan: DevicePlan | None = None) -> Upscaler:
        """The upscaler on the device of `plan`, loaded when it is first needed."""
        plan = plan or self._plan
        if self._upscaler is None or self._upscaler.plan != plan:
            self._upscaler = upscale.load_upscaler(plan, upscale.shipped_upscaler())
        return self._upscaler

    def held(self, path: Path | None) -> tuple[int, int]:
        """Bytes of the weights of the model at `path`, if it is here whole, and of all models of other paths."""
        mine = path.resolve() if path else None
        own = [model for key, model in self.models.items() if key[0] == mine and key[2] == WHOLE]
        others = [model for key, model in self.models.items() if key[0] != mine]
        return sum(map(_bytes, own)), sum(map(_bytes, others))

    def keep_only(self, path: Path | None, placing: str) -> None:
        """Drop all models but that at `path`, if it is placed so; the memory is free after `give_back`."""
        kept = path.resolve() if path else None
        self._drop(lambda key: (key[0], key[2]) != (kept, placing))

    def clear(self) -> None:
        """Drop everything."""
        self.models.clear()
        self._upscaler = None

    def _drop(self, goes: Callable[[_Key], bool]) -> bool:
        leaving = [key for key in self.models if goes(key)]
        for key in leaving:
            del self.models[key]
        return bool(leaving)

    def _make_room(self) -> None:
        def is_too_much() -> bool:
            held = sum(model.bytes for model in self.models.values())
            return len(self.models) >= KEPT_MODELS or held > KEPT_SHARE * self._plan.memory

        while self.models and is_too_much():
            self.models.popitem(last=False)
            give_back(self._plan.device)


def _configs(path: Path) -> _Stamp:
    """What changes with the configs and vocabularies in a model's folder, which its content hash leaves out."""
    files = [file for file in sorted(path.rglob("*")) if file.suffix in _CONFIGS and file.is_file()]
    states = [(file, file.stat()) for file in files]
    return tuple((str(file), state.st_mtime_ns, state.st_size) for file, state in states)


def _bytes(model: LoadedModel) -> int:
    return sum(_network_bytes(network) for network in model.networks())


def _network_bytes(network: torch.nn.Module) -> int:
    return sum(weight.numel() * weight.element_size() for weight in network.parameters())
