"""The answer: a page's blocks and what is made of the kept ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, Document
from pagesieve.lines import flat
from pagesieve.metadata import Metadata, read_metadata, read_title
from pagesieve.model import load_release
from pagesieve.options import Kind, Options
from pagesieve.page_type import page_tokens
from pagesieve.quality import (
    Cleaned,
    Opinion,
    Signal,
    State,
    Verdict,
    VerdictModel,
    decide,
    error_cues,
    is_message,
    surely_ok,
)
from pagesieve.render import to_html, to_markdown, to_text
from pagesieve.roles import ROLES, Assigned, Evidence, Role, assign, without_model
from pagesieve.roles.reasons import reasons
from pagesieve.trailers import Trimmed

# Outputs that are lists of records.
_LISTS = (Kind.BLOCKS, Kind.SIGNALS)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text of the page and the decision about it.

    ``level`` is the heading level (1-6, else 0), ``path`` a CSS selector of the element, ``probability``
    (0..1) that the block is the page's own content, and ``role_probability`` that its role is the right one
    among those that agree with ``keep``. ``reason`` says of a stripped block why, when that was asked for.
    ``trimmed`` are the pieces of boilerplate that were glued to the ends of ``text``.
    """

    text: str
    role: Role
    keep: bool
    probability: float
    path: str
    tag: str
    level: int
    role_probability: float
    reason: str | None = None
    trimmed: tuple[str, ...] = ()


def _record(item: Block | Signal) -> dict[str, Any]:
    """Fields and values, as ``asdict`` gives them, of what holds nothing but plain values."""
    return {name: getattr(item, name) for name in item.__slots__}


@dataclass(frozen=True)  # without slots, which rule out cached properties
class Page:
    """A cleaned page. Every output is made when first asked for, and then kept.

    ``probability``, ``chosen`` and ``n_words`` hold one value a block of ``document``, ``chosen`` the blocks
    that the content classifier would keep, ``repeated`` those it would keep if they were not said elsewhere;
    ``release`` is the folder of the models.
    """

    document: Document
    probability: tuple[float, ...]
    chosen: tuple[bool, ...]
    repeated: tuple[bool, ...]
    n_words: tuple[float, ...]
    model: str
    release: Path
    options: Options
    url: str | None = None
    trimmed: Trimmed = field(default_factory=dict)
    evidence: Evidence | None = field(default=None, repr=False, compare=False)

    @cached_property
    def text(self) -> str:
        """The kept blocks in document order; empty when the page is only a message of its ``state``."""
        return to_text(self._shown, self._kept())

    @cached_property
    def markdown(self) -> str:
        """Markdown without raw HTML and without links to anything but http, https and mailto."""
        return to_markdown(self._shown, self._kept())

    @cached_property
    def html(self) -> str:
        """Sanitised HTML."""
        return to_html(self._shown, self._kept())

    @cached_property
    def title(self) -> str:
        return read_title(self.document, partial(self._likely, Role.TITLE))

    @cached_property
    def metadata(self) -> Metadata:
        return read_metadata(self.document, self.url, partial(self._likely, Role.META))

    @cached_property
    def keep(self) -> tuple[bool, ...]:
        """Of every block whether the text has it: the classifier's choice and the roles asked for.

        Nothing is kept of a page that is only a message, as its ``state`` says, unless ``any_state`` asks
        for it.

        Raises
        ------
        ModelError
            Roles are to be kept or dropped, and the release has none.
        """
        if self._withheld:
            return (False,) * len(self.chosen)
        return self._assigned.keep if self.options.keep or self.options.drop else self.chosen

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every block of the page, kept or not, in document order."""
        shown, given = self._shown, self._assigned
        tags, blocks = shown.elements.tag, shown.blocks
        why = self.reasons if self.options.reasons else (None,) * len(blocks)
        columns = (
            blocks.text, blocks.owner, shown.paths(), self.probability, given.keep, given.role,
            given.probability, why,
        )  # fmt: skip
        return tuple(
            Block(
                text=text,
                role=role,
                keep=kept,
                probability=round(probability, 4),
                path=path,
                tag=tags[owner],
                level=HEADINGS.get(tags[owner], 0),
                role_probability=sure,
                reason=reason,
                trimmed=self.trimmed.get(number, ()),
            )
            for number, (text, owner, path, probability, kept, role, sure, reason) in enumerate(
                zip(*columns, strict=True)
            )
        )

    @cached_property
    def _shown(self) -> Document:
        """The document as given out: of plain text the lines, without the structure guessed for judging."""
        return flat(self.document) if self.document.plain else self.document

    @property
    def page_type(self) -> str:
        """The likeliest of ``pagesieve.page_type.PAGE_TYPES``."""
        return next(iter(self.page_types))

    @cached_property
    def page_types(self) -> dict[str, float]:
        """Probability of each page type, the likeliest first."""
        found = load_release(self.release).page_types.probabilities(page_tokens(self.document, self.url))
        return {name: round(probability, 4) for name, probability in found.items()}

    @cached_property
    def reasons(self) -> tuple[str | None, ...]:
        """Of every stripped block why, in a few words; None for those kept, and without a role model."""
        if self._role_features is None or self.evidence is None:
            return (None,) * len(self.chosen)
        given = self._assigned
        stripped = [None if kept else role for role, kept in zip(given.role, given.keep, strict=True)]
        model = load_release(self.release).roles
        return tuple(reasons(self.document, self.evidence, model, self._role_features, stripped))

    def _likely(self, role: Role) -> list[int]:
        """Numbers of the blocks whose likeliest role this is."""
        if self._role_chances is None:
            return []
        return np.flatnonzero(self._role_chances.argmax(axis=1) == ROLES.index(role)).tolist()

    @cached_property
    def _assigned(self) -> Assigned:
        """Roles and what is kept, of one mind."""
        options = self.options
        chosen = np.array(self.chosen, dtype=bool) & (not self._withheld)
        if self._role_chances is None:
            if options.keep or options.drop:
                load_release(self.release).roles  # noqa: B018 - says that there are none
            return without_model(np.array(self.probability, dtype=np.float32), chosen)
        keep = () if self._withheld else options.keep
        return assign(self._role_chances, chosen, keep, options.drop)

    @cached_property
    def _role_chances(self) -> NDArray[np.float32] | None:
        """Probability of each role for every block; None without a role model."""
        if self._role_features is None or self.evidence is None:
            return None
        release = load_release(self.release)
        chances = release.roles.judge(self._role_features, self.evidence)
        if release.sites:
            chances = release.sites.adapt_roles(self.document, self.url, chances)
        chances[np.array(self.repeated, dtype=bool)] = np.eye(len(ROLES))[ROLES.index(Role.DUPLICATE)]
        return chances

    @cached_property
    def _role_features(self) -> NDArray[np.float32] | None:
        release = load_release(self.release)
        if self.evidence is None or not release.has_roles:
            return None
        return release.roles.matrix(self.document, self.evidence)

    @cached_property
    def language(self) -> str:
        """ISO 639-1 code of the language of the content; "" when it is too short to tell."""
        return self._cleaned.language

    @cached_property
    def state(self) -> State:
        """What the page is as a delivered document; ``ok`` when the release has no verdict to tell."""
        if self._surely_ok or not self._judges:
            return State.OK
        return self._opinion.state

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """Every rule applied to the page: value, threshold, source. Rules inform; models decide."""
        return tuple(signal for signal, _ in self._opinion.effects)

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the page is worth keeping, and why.

        Raises
        ------
        ModelError
            The release has no verdict.
        """
        return decide(self._opinion, self.options.keep_from, self.options.drop_below)

    @cached_property
    def confidence(self) -> float:
        """Predicted word F1 (0..1) of ``chosen``: how far to trust the extraction."""
        return round(self._verdict_model.confidence(self._cleaned), 4)

    @property
    def _surely_ok(self) -> bool:
        return surely_ok(sum(compress(self.n_words, self.chosen)), error_cues(self.document.title))

    @property
    def _judges(self) -> bool:
        return load_release(self.release).has_verdict

    @property
    def _verdict_model(self) -> VerdictModel:
        return load_release(self.release).verdict

    @cached_property
    def _cleaned(self) -> Cleaned:
        return Cleaned(
            document=self.document,
            probability=np.array(self.probability, dtype=np.float32),
            keep=np.array(self.chosen, dtype=bool),
            n_words=np.array(self.n_words, dtype=np.float32),
            url=self.url,
        )

    @cached_property
    def _opinion(self) -> Opinion:
        model = self._verdict_model
        return model.judge(model.measure(self._cleaned))

    @property
    def _withheld(self) -> bool:
        if self.options.any_state or self.state is State.OK:
            return False
        states, n_words = self._opinion.states, sum(compress(self.n_words, self.chosen))
        return is_message(states[State.OK], states[State.EMPTY], n_words)

    def _kept(self) -> list[int]:
        return [number for number, kept in enumerate(self.keep) if kept]

    def to_score(self) -> dict[str, Any]:
        """The verdict without the page, as JSON."""
        return {
            "state": self.state,
            "verdict": asdict(self.verdict),
            "confidence": self.confidence,
            "language": self.language,
            "model": self.model,
        }

    def to_dict(self) -> dict[str, Any]:
        """The JSON of the HTTP answer, with the outputs named in ``kinds``."""
        answer: dict[str, Any] = {
            "title": self.title,
            "metadata": asdict(self.metadata),
            "model": self.model,
            "state": self.state,
        }
        for kind in self.options.kinds:
            value = getattr(self, kind)
            if kind in _LISTS:
                value = [_record(item) for item in value]
            answer[kind] = asdict(value) if kind is Kind.VERDICT else value
        if Kind.PAGE_TYPE in self.options.kinds:
            answer["page_types"] = self.page_types
        return answer
