"""How many frames and latents a clip takes, and which drawn frame becomes which frame of the clip.

Causal video autoencoders (Wan, LTX-Video) hold one frame in their first latent and `ratio` frames in each other. On a
ring there is no first latent: each of L holds `ratio` frames, decoded with latents borrowed beyond both ends.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """The clip's `frames` and the `latents` they are drawn from. Latents of a `ring` follow each other round; `closed`
    clips that are no ring begin and end with one picture, which is drawn twice and kept once.
    """

    frames: int
    latents: int
    ratio: int
    closed: bool
    ring: bool

    @property
    def drawn(self) -> int:
        """Frames that come out of the autoencoder."""
        return self.ratio * self.latents if self.ring else self.ratio * (self.latents - 1) + 1

    @property
    def _round(self) -> int:
        """Drawn frames of one round of a closed clip."""
        return self.drawn if self.ring else self.drawn - 1

    @property
    def even(self) -> bool:
        """Is each drawn frame of a closed clip used? Else some are left out, evenly, and motion is less even."""
        return not self.closed or self._round == self.frames

    def drawn_for(self, index: int) -> int:
        """The drawn frame that becomes frame `index` of the clip. What is left over of an open clip is its end; of a
        closed one, which must not lose its end, single frames all over it.
        """
        return index * self._round // self.frames if self.closed else index

    def shown_by(self, drawn: int) -> int:
        """The frame of the clip that stands for the drawn frame: the inverse of `drawn_for`, where that has one."""
        if not self.closed:
            return min(drawn, self.frames - 1)
        return -(-(drawn % self._round) * self.frames // self._round) % self.frames

    def within(self, latent: int) -> range:
        """The drawn frames that a latent holds."""
        if self.ring:
            return range(self.ratio * latent, self.ratio * (latent + 1))
        return range(max(0, self.ratio * (latent - 1) + 1), self.ratio * latent + 1)


def extent_of(frames: int, ratio: int, closed: bool, ends: bool = False) -> Extent:
    """The extent of a clip of so many frames; with `ends`, a closed one is held together by its first picture, which is
    its last one too, and not by a ring of latents.
    """
    if not closed:
        return Extent(frames, -(-(frames - 1) // ratio) + 1, ratio, False, False)
    rounds = -(-frames // ratio)
    return Extent(frames, rounds + 1 if ends else rounds, ratio, True, not ends)
