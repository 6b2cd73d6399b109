"""How long it will take: learned from jobs as they go, kept over sessions, carried over to others like them."""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import pytest

from studio.domain.geometry import Size
from studio.domain.jobs import Cost, Job, JobState, Picture, Task
from studio.domain.messages import Phase
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe, Sampling, SourceImage
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.domain.treatment import Arrow, FlowLoop
from studio.domain.upscaling import Upscaling
from studio.session.pace import Pace

PLAN = Plan(device="cpu", dtype="bfloat16")
SAMPLING = Sampling("dpmpp-2m", 10, 4.0)
SMALL = Recipe("fox", model="one", size=Size(256, 256), sampling=SAMPLING)
FAMILIES = {"one": "sd1", "two": "sd1", "three": "sdxl"}


class Machine:
    """Plays jobs to a pace, on a clock of its own."""

    def __init__(self, path: Path | None = None) -> None:
        self.now = 100.0
        self.pace = Pace(path, lambda: self.now, lambda model: FAMILIES.get(model, ""))

    def step(self, job: Job, seconds: float, **changes: Any) -> Job:
        """The job after `seconds`, in another phase or at another step."""
        self.now += seconds
        job = dataclasses.replace(job, **changes)
        self.pace.observe(job)
        return job

    def make(
        self, recipe: Recipe, *, step: float = 1.0, cost: dict[str, float] | None = None, share: float = 0.0,
        plan: Plan = PLAN, upto: int | None = None,
    ) -> Job:  # fmt: skip
        """A recipe from its start to its end, or to step `upto`, each step taking `step` seconds."""
        steps = recipe.sampling.steps
        job = self.step(Job("made", recipe), 0, state=JobState.LOADING, plan=plan)
        job = self.step(job, 5, state=JobState.RUNNING, phase=Phase.ENCODE)
        for index in range(recipe.batch):
            for done in range(1, steps + 1):
                total = recipe.batch * steps
                job = self.step(job, step, phase=Phase.DENOISE, step=index * steps + done, total=total)
                if job.step == upto:
                    return job
            job = self.step(job, 0.1, phase=Phase.DECODE, step=index, total=recipe.batch)
            job = self.step(job, 2, pictures=(*job.pictures, Picture(index, index, "d" * 64, 1, 1)))
        return self.step(job, 0, state=JobState.DONE, cost=Cost(cost or {}, 1, share))

    def left(self, *tasks: Task | Job) -> float | None:
        jobs = [task if isinstance(task, Job) else Job(f"job{i}", task) for i, task in enumerate(tasks)]
        return self.pace.remaining(jobs)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_before_anything_was_measured_nothing_is_known(machine: Machine) -> None:
    assert machine.left(SMALL) is None
    assert machine.left() == 0


def test_the_steps_of_a_running_job_tell_what_is_left_of_it(machine: Machine) -> None:
    job = machine.make(SMALL, step=2.0, upto=4)
    assert machine.left(job) == pytest.approx(6 * 2)
    assert machine.left(job, SMALL) == pytest.approx((6 + 10) * 2)


def test_every_phase_of_a_finished_job_counts_for_the_next(machine: Machine) -> None:
    batch = dataclasses.replace(SMALL, batch=2)
    machine.make(batch, step=1.0, cost={"load": 7.0, "encode": 0.5, "denoise": 20, "decode": 6.0, "save": 1.0})
    assert machine.left(SMALL) == pytest.approx(0.5 + 10 + 3.0 + 0.5), "the model is there already"
    other = dataclasses.replace(SMALL, model="two")
    machine.make(other, step=1.0, cost={"load": 9.0, "encode": 0.5, "decode": 3.0, "save": 0.5})
    assert machine.left(SMALL) == pytest.approx(7.0 + 0.5 + 10 + 3.0 + 0.5)
    assert machine.left(SMALL, SMALL) == pytest.approx(7.0 + 2 * 14.0), "it is loaded once"


def test_loading_is_not_learned_from_a_model_that_was_there(machine: Machine) -> None:
    machine.make(SMALL, cost={"load": 7.0})
    machine.make(SMALL, cost={"load": 0.01})
    machine.make(dataclasses.replace(SMALL, model="two"), cost={"load": 1.0})
    assert machine.left(SMALL) == pytest.approx(7.0 + 10)


def test_a_job_that_is_decoded_has_only_its_other_pictures_to_denoise(machine: Machine) -> None:
    batch = dataclasses.replace(SMALL, batch=3)
    machine.make(batch, cost={"decode": 6.0})
    job = machine.make(batch, upto=10)
    assert machine.left(job) == pytest.approx(20 + 3 * 2.0)
    job = machine.step(job, 0.1, phase=Phase.DECODE, step=0, total=3)
    assert machine.left(job) == pytest.approx(20 + 3 * 2.0)


def test_another_size_is_scaled_by_its_pixels(machine: Machine) -> None:
    machine.make(SMALL, step=1.0, cost={"decode": 2.0, "encode": 0.5})
    assert machine.left(dataclasses.replace(SMALL, size=Size(512, 512))) == pytest.approx(0.5 + 4 * (10 + 2.0))
    large = dataclasses.replace(SMALL, size=Size(1024, 1024))
    machine.make(large, step=40.0)
    assert machine.left(dataclasses.replace(SMALL, size=Size(1024, 512))) == pytest.approx(0.5 + 10 * 20.0 + 16.0), (
        "the nearest size counts"
    )


def test_without_guidance_a_step_asks_the_network_once(machine: Machine) -> None:
    machine.make(SMALL, step=1.0)
    plain = dataclasses.replace(SMALL, sampling=dataclasses.replace(SAMPLING, guidance=1.0))
    assert machine.left(plain) == pytest.approx(5)
    machine.make(plain, step=0.7)
    assert machine.left(plain) == pytest.approx(7)
    assert machine.left(SMALL) == pytest.approx(10)


def test_a_new_model_is_taken_for_others_of_its_family(machine: Machine) -> None:
    machine.make(SMALL, step=1.0)
    assert machine.left(dataclasses.replace(SMALL, model="two")) == pytest.approx(10)
    assert machine.left(dataclasses.replace(SMALL, model="three")) is None


def test_what_follows_a_job_of_an_unknown_kind_is_left_out(machine: Machine) -> None:
    machine.make(SMALL, step=1.0)
    unknown = dataclasses.replace(SMALL, model="three")
    assert machine.left(SMALL, unknown, SMALL) == pytest.approx(10)
    assert machine.left(unknown, SMALL) is None


def test_a_picture_to_start_from_takes_the_steps_of_its_strength(machine: Machine) -> None:
    machine.make(SMALL, step=1.0)
    assert machine.left(dataclasses.replace(SMALL, source=SourceImage("a.png", 0.3))) == pytest.approx(3)


def test_a_slow_rung_is_learned_by_itself(machine: Machine) -> None:
    machine.make(SMALL, step=1.0)
    offloaded = dataclasses.replace(PLAN, rung=Rung.OFFLOADED)
    job = machine.make(SMALL, step=9.0, plan=offloaded, upto=4)
    assert machine.left(job) == pytest.approx(6 * 9)
    assert machine.left(SMALL) == pytest.approx(10)


def test_a_job_that_goes_on_later_teaches_nothing_about_its_pause(machine: Machine) -> None:
    job = machine.make(SMALL, step=1.0, upto=4)
    job = machine.step(job, 0, state=JobState.INTERRUPTED)
    job = machine.step(job, 500, state=JobState.QUEUED)
    assert machine.left(job) == pytest.approx(6), "it is gone on with, not begun anew"
    job = machine.step(job, 500, state=JobState.LOADING)
    machine.step(job, 500, state=JobState.RUNNING, step=5)
    machine.step(job, 1, state=JobState.RUNNING, step=6)
    left = machine.left(SMALL)
    assert left is not None
    assert left < 20


def test_trainings_and_upscalings_are_counted_too(machine: Machine) -> None:
    training = Training(output="a.safetensors", base="one", steps=100, batch=2, side=256)
    assert machine.left(training) is None
    job = machine.step(Job("t", training), 0, state=JobState.LOADING)
    for step in (1, 2, 3):
        job = machine.step(job, 4.0, state=JobState.RUNNING, phase=Phase.TRAIN, step=step, total=100)
    assert machine.left(job) == pytest.approx(97 * 4)
    assert machine.left(dataclasses.replace(training, batch=4)) == pytest.approx(100 * 8)
    upscaling = Upscaling("a.png", 4)
    assert machine.left(job, upscaling) == pytest.approx(97 * 4), "nothing is known of it yet"
    up = machine.step(Job("u", upscaling), 0, state=JobState.LOADING)
    machine.step(up, 3, state=JobState.DONE, cost=Cost({"load": 1.0, "upscale": 8.0, "save": 1.0}))
    running = Job("v", upscaling, JobState.RUNNING, Phase.UPSCALE, 3, 4)
    assert machine.left(running, upscaling) == pytest.approx(2.5 + 10)


def test_clips_are_counted_by_the_steps_of_their_frames(machine: Machine) -> None:
    clip = FrameSequence(SMALL, frames=4, common=0.5)  # 4 frames of 5 steps each, after 5 in common
    job = machine.step(Job("clip", clip), 0, state=JobState.LOADING, plan=PLAN)
    job = machine.step(job, 1, state=JobState.RUNNING, phase=Phase.DENOISE, step=5, total=25)
    for done in (15, 25):
        job = machine.step(job, 10, step=done)
    frames = tuple(Picture(index, 0, "d" * 64, 1, 1) for index in range(4))
    job = machine.step(job, 1, phase=Phase.SMOOTH, pictures=frames)
    machine.step(job, 0, state=JobState.DONE, cost=Cost({"denoise": 20.0, "decode": 6.0, "smooth": 2.0}, 1))
    assert machine.left(clip) == pytest.approx(20 * 1.0 + 4 * 2.0)
    half = Job("half", clip, JobState.RUNNING, plan=PLAN, phase=Phase.DENOISE, step=15, total=25, pictures=frames[:2])
    assert machine.left(half) == pytest.approx(10 * 1.0 + 2 * 2.0)


def test_frames_without_a_model_are_counted_one_by_one(machine: Machine) -> None:
    flow = FlowLoop("still.png", (Arrow(0.5, 0.5, 0.1, 0.0),), frames=8)
    job = machine.step(Job("flow", flow), 0, state=JobState.LOADING)
    job = machine.step(job, 1, state=JobState.RUNNING, phase=Phase.SMOOTH, step=0, total=8)
    job = machine.step(job, 1, pictures=tuple(Picture(index, 0, "d" * 64, 1, 1) for index in range(8)))
    machine.step(job, 0, state=JobState.DONE, cost=Cost({"smooth": 4.0}, 1))
    begun = Job("next", flow, JobState.RUNNING, phase=Phase.SMOOTH, step=2, total=8)
    assert machine.left(begun) == pytest.approx(6 * 0.5)


def test_what_was_learned_is_there_in_the_next_session(tmp_path: Path) -> None:
    file = tmp_path / "data" / "pace.json"
    first = Machine(file)
    first.make(SMALL, step=3.0, cost={"decode": 2.0}, share=1.5)
    later = Machine(file)
    assert later.left(SMALL) == pytest.approx(32)
    assert later.pace.memory_factor(Job("a", SMALL)) == pytest.approx(1.5)


def test_two_programs_do_not_forget_what_the_other_learned(tmp_path: Path) -> None:
    file = tmp_path / "pace.json"
    first, second = Machine(file), Machine(file)
    first.make(SMALL, step=3.0)
    second.make(dataclasses.replace(SMALL, model="three"), step=5.0)
    both = Machine(file)
    assert both.left(SMALL) == pytest.approx(30)
    assert both.left(dataclasses.replace(SMALL, model="three")) == pytest.approx(50)


@pytest.mark.parametrize("text", ["{", "[]", '{"lessons": 1}', '{"lessons": [{"case": {}}]}', "[" * 100_000])
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pace.json"
    file.write_text(text)
    machine = Machine(file)
    assert machine.left(SMALL) is None
    assert (tmp_path / "pace.damaged.json").read_text() == text
    machine.make(SMALL, step=1.0)
    assert Machine(file).left(SMALL) == pytest.approx(10)


def test_values_that_make_no_sense_are_not_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "pace.json"
    Machine(file).make(SMALL, step=1.0)
    document = json.loads(file.read_text())
    for lesson in document["lessons"]:
        lesson["value"] = -1.0
    file.write_text(json.dumps(document))
    assert Machine(file).left(SMALL) is None


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    machine = Machine(tmp_path / "file" / "pace.json")
    machine.make(SMALL, step=1.0)
    assert machine.left(SMALL) == pytest.approx(10)


def test_estimates_of_memory_are_corrected_by_what_was_measured(machine: Machine) -> None:
    waiting = Job("next", SMALL)
    assert machine.pace.memory_factor(waiting) == 1
    machine.make(SMALL, share=2.0)
    assert machine.pace.memory_factor(waiting) == pytest.approx(2)
    machine.make(SMALL, share=1.0)
    assert 1 < machine.pace.memory_factor(waiting) < 2
    machine.make(SMALL, share=0.0)
    assert 1 < machine.pace.memory_factor(waiting) < 2, "it was not measured"
    assert machine.pace.memory_factor(Job("large", dataclasses.replace(SMALL, size=Size(512, 512)))) == 1
    for _ in range(20):
        machine.make(SMALL, share=100.0)
    assert machine.pace.memory_factor(waiting) == 4, "a wild measurement is bounded"


def test_the_whole_of_a_long_queue_is_told_quickly(machine: Machine) -> None:
    machine.make(SMALL, step=1.0)
    jobs = [Job(f"job{i}", dataclasses.replace(SMALL, seed=i)) for i in range(10_000)]
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        assert machine.pace.remaining(jobs) == pytest.approx(100_000)
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.2, "it takes a part of each repaint of the panel"
