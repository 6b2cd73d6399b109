"""How the chosen clip is made: prompts and settings, as edits of the document; without a clip, those of a new loop."""

import dataclasses
from fractions import Fraction

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.domain.catalog import Library
from studio.domain.errors import StudioError
from studio.domain.sequence import Footage, FrameSequence
from studio.domain.timeline.model import Clip, ClipTask, Generated, Timeline, Words
from studio.domain.timeline.parameters import WORDS
from studio.domain.timeline.requests import request_delete_keys, request_set_task, request_set_words
from studio.domain.timeline.seen import words_at_frame
from studio.domain.timeline.times import local_frame
from studio.session.clips.generating import footage
from studio.ui.animate.gestures import Gestures
from studio.ui.animate.prompt_ring import PromptRing
from studio.ui.animate.sequence_form import SequenceForm
from studio.ui.animate.treatment_form import TreatmentForm
from studio.ui.paint.tabs import OnePage
from studio.ui.panels.prompt_edit import PromptEdit
from studio.ui.theme.tokens import SPACE
from studio.ui.timeline.desk import Change, TimelineDesk
from studio.ui.timeline.naming import clip_name, kind_name
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.scroll import ScrollColumn

_NEAR = 40  # clips of the timeline that can be chosen to be drawn anew


class GeneratePanel(QWidget):
    """`draft` is the request for a new loop, which is made while no clip is chosen."""

    words_added = Signal(str)  # to this clip

    def __init__(self, desk: TimelineDesk, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._gestures = Gestures()
        self._showing = False
        self._shown: Clip | None = None
        self._place: Fraction | None = None  # of the prompt that is written, None for the clip's only one
        self.title = ElidedLabel("", "heading")
        self.prompt = PromptEdit(self.tr("Prompt"), self.tr("Describe the loop"), 72)
        self.prompt.setMaximumHeight(112)
        self.negative = PromptEdit(self.tr("Negative prompt"), self.tr("What should not be in it"), 40)
        self.negative.setMaximumHeight(52)
        self.where = label("", "small", wrap=True)
        self.ring = PromptRing()
        self.add_prompt = push_button(
            self.tr("Another prompt from the playhead on"), look="quiet", sign="plus",
            hint=self.tr("The clip goes from one prompt to the next; a loop goes back to the first"),
        )  # fmt: skip
        self.form, self.treatment = SequenceForm(library), TreatmentForm()
        self.foreign = label("", "caption", wrap=True)
        self.draft = self.form.start()
        self._arrange()
        self._connect()
        self.follow()

    @property
    def clip(self) -> Clip | None:
        """The clip that is made here."""
        clip = self._desk.active_clip
        return clip if clip is not None and isinstance(clip.media, Generated) else None

    def request(self) -> ClipTask:
        """What Generate makes: the clip's task, or that of a new loop."""
        clip = self.clip
        return clip.media.task if clip is not None and isinstance(clip.media, Generated) else self.draft

    def new_seed(self) -> ClipTask:
        """The same with another seed, unless the seed is kept."""
        task = self.request()
        if not isinstance(task, FrameSequence):
            return task
        self._showing = True
        self.form.seed.advance()
        self._showing = False
        task = dataclasses.replace(task, recipe=dataclasses.replace(task.recipe, seed=self.form.seed.value))
        if self.clip is None:
            self.draft = task
        return task

    def use_example(self, text: str) -> None:
        """Put an example into the box of the prompt."""
        self.prompt.show_text(text)

    # ------------------------------------------------------------------------------------------ following

    def follow(self) -> None:
        """Show the chosen clip, or the new loop."""
        clip = self.clip
        if clip is not self._shown:
            if clip is None or self._shown is None or clip.id != self._shown.id:
                self._gestures.end()
                self._showing = True
                self.form.mark("", "")
                self._showing = False
            self._shown = clip
        task = self.request()
        self._showing = True
        if isinstance(task, FrameSequence):
            self.form.source.offer(self._footages(clip))
            self.form.show_task(task)
        else:
            self.treatment.show_task(task)
        self._showing = False
        self.title.set_text(clip_name(clip) if clip is not None else self.tr("A new loop"))
        active = self._desk.active_clip
        foreign = active is not None and clip is None
        self.foreign.setVisible(foreign)
        if foreign and active is not None:
            words = self.tr(
                "“{name}” was not made here ({kind}). “Make it loop” makes a clip of it, and Generate a new one."
            )
            self.foreign.setText(words.format(name=clip_name(active), kind=kind_name(active.media)))
        self._writing.setVisible(isinstance(task, FrameSequence))
        self.forms.setCurrentWidget(self.form if isinstance(task, FrameSequence) else self.treatment)
        self.follow_playhead()

    def follow_playhead(self, *_: object) -> None:
        """Where a clip has several prompts, the one at the playhead is written; not under the user's hands."""
        clip, task = self.clip, self.request()
        if not isinstance(task, FrameSequence):
            return
        words = self._words_here(clip) if clip is not None and clip.words else None
        typing = self.prompt.hasFocus() or self.negative.hasFocus()
        if typing and clip is self._shown and words is not None and self._place is not None:
            words = next((each for each in (clip.words if clip else ()) if each.at == self._place), words)
        self._place = words.at if words is not None else None
        texts = (words.prompt, words.negative) if words is not None else (task.recipe.prompt, task.recipe.negative)
        self._showing = True
        for edit, text in zip((self.prompt, self.negative), texts, strict=True):
            edit.show_text(text)
        self._showing = False
        self.ring.show_clip(clip, self._place)
        self.where.setVisible(words is not None)
        if words is not None and clip is not None:
            here = self.tr("Prompt {n} of {all}, from frame {at} of the clip on").format(
                n=clip.words.index(words) + 1, all=len(clip.words), at=f"{float(words.at):g}")  # fmt: skip
            self.where.setText(here)
        self.add_prompt.setVisible(clip is not None)

    def _words_here(self, clip: Clip) -> Words:
        timeline = self._desk.shown
        local = local_frame(timeline, clip, self._desk.playhead)
        found = words_at_frame(clip, local or 0, timeline.rate)
        return found[0] if found is not None else clip.words[0]

    def _footages(self, clip: Clip | None) -> list[tuple[str, Footage]]:
        timeline, found = self._desk.timeline, []
        for other in (other for track in timeline.tracks for other in track.clips[:_NEAR]):
            if clip is not None and other.id == clip.id:
                continue
            try:
                found.append((clip_name(other), footage(other, timeline.rate)))
            except StudioError:  # it has no frames to begin with
                continue
        return found[:_NEAR]

    # ------------------------------------------------------------------------------------------ editing

    def _request(self, label: str, change: Change, field: str, clip: Clip) -> None:
        if not self._desk.request(label, change, self._gestures.key(f"{clip.id}-{field}")):
            self.follow()

    def _edited(self, field: str) -> None:
        """A setting of the form is another."""
        if self._showing:
            return
        task, clip = self.request(), self.clip
        after: ClipTask = self.form.task(task) if isinstance(task, FrameSequence) else self.treatment.task(task)
        self._take(after, field, clip)
        self.form.mark("", "")

    def _take(self, task: ClipTask, field: str, clip: Clip | None) -> None:
        if clip is not None:
            change = lambda timeline: request_set_task(timeline, clip.id, task)  # noqa: E731
            self._request(self.tr("Settings of the clip"), change, field, clip)
        elif isinstance(task, FrameSequence):
            self.draft = task

    def _written(self) -> None:
        """The prompt is another."""
        if self._showing:
            return
        prompt, negative, clip, task = self.prompt.text(), self.negative.text(), self.clip, self.request()
        if clip is not None and self._place is not None:
            at = self._place
            change = lambda timeline: request_set_words(timeline, clip.id, at, prompt, negative)  # noqa: E731
            self._request(self.tr("Prompt"), change, f"prompt-{at}", clip)
        elif isinstance(task, FrameSequence):
            recipe = dataclasses.replace(task.recipe, prompt=prompt, negative=negative)
            self._take(dataclasses.replace(task, recipe=recipe), "prompt", clip)
        self.form.loras.show_prompt(prompt)

    def add_words(self) -> None:
        """Another prompt from the playhead on; the one that there was becomes the first."""
        clip = self.clip
        if clip is None or not isinstance(task := self.request(), FrameSequence):
            return
        timeline = self._desk.timeline
        local = Fraction(local_frame(timeline, clip, self._desk.playhead) or 0)
        recipe, first = task.recipe, not clip.words
        if first and local == 0:
            local = Fraction(clip.length, 2).limit_denominator(1)
        text = self.prompt.text()

        def change(now: Timeline) -> Timeline:
            if first:
                now = request_set_words(now, clip.id, Fraction(0), recipe.prompt, recipe.negative)
            return request_set_words(now, clip.id, local, text, recipe.negative)

        if self._desk.request(self.tr("Another prompt"), change):
            self.words_added.emit(clip.id)
            self._go_to(local)
            self.prompt.setFocus()
            self.prompt.selectAll()

    def _drop_words(self, at: Fraction) -> None:
        """The last one that is left is the clip's only prompt again."""
        clip = self.clip
        if clip is None or not isinstance(task := self.request(), FrameSequence):
            return
        left = [words for words in clip.words if words.at != at]
        only = left[0] if len(left) == 1 else None
        places = {words.at for words in clip.words} if only is not None else {at}

        def change(now: Timeline) -> Timeline:
            now = request_delete_keys(now, clip.id, WORDS, places)
            if only is None:
                return now
            recipe = dataclasses.replace(task.recipe, prompt=only.prompt, negative=only.negative)
            return request_set_task(now, clip.id, dataclasses.replace(task, recipe=recipe))

        self._desk.request(self.tr("Delete prompt"), change)

    def _go_to(self, at: Fraction) -> None:
        clip = self.clip
        if clip is not None:
            self.add_prompt.setFocus()  # the box follows the playhead while nobody writes in it
            self._place = at
            self._desk.set_playhead(clip.start + int(at))
            self.follow_playhead()

    # ------------------------------------------------------------------------------------------ making

    def _connect(self) -> None:
        for edit in (self.prompt, self.negative):
            edit.textChanged.connect(self._written)
        self.form.edited.connect(self._edited)
        self.treatment.edited.connect(self._edited)
        self.form.loras.trigger_wanted.connect(self.prompt.insert_words)
        self.add_prompt.clicked.connect(self.add_words)
        self.ring.chosen.connect(self._go_to)
        self.ring.dropped.connect(self._drop_words)
        self._desk.playhead_changed.connect(self.follow_playhead)

    def _arrange(self) -> None:
        self._writing = QWidget()
        writing = QVBoxLayout(self._writing)
        writing.setContentsMargins(0, 0, 0, 0)
        writing.setSpacing(SPACE.hair)
        for part in (self.prompt, self.where, self.negative, self.ring):
            writing.addWidget(part)
        writing.addWidget(self.add_prompt, 0, Qt.AlignmentFlag.AlignLeft)
        self.forms = OnePage()
        self.forms.addWidget(self.form)
        self.forms.addWidget(self.treatment)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.large)
        column.setSpacing(SPACE.small)
        column.addWidget(self.title)
        column.addWidget(self.foreign)
        column.addWidget(self._writing)
        column.addWidget(self.forms)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(body))
