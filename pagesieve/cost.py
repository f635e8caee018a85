"""What a page would cost to parse, found without parsing it.

The HTML standard's tree construction is quadratic in three ways that a few hundred kilobytes can use: most
tags look through all open elements, unclosed formatting is repeated in every later paragraph, and attributes
of a tag are compared with each other. A parser in C cannot be interrupted, so such pages are refused first.

``refuse_costly`` counts by upper bounds: it reads tags as the standard does, but takes an element
for closed only where no parser could leave it open. What it cannot follow, it counts as never closed.
https://html.spec.whatwg.org/multipage/parsing.html#tree-construction
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from pagesieve.errors import TooLarge
from pagesieve.limits import Limits

# The parser compares each option of a list with all before it; real pages stop at about 2,000.
_MOST_OPTIONS = 10_000
# Looking at one open element takes about 8 ns.
_MOST_STEPS = 50_000_000
# Repeated formatting included. It is bounded from above, several times too high on real pages.
_ELEMENTS_PER_LIMIT = 10
# Comparing two attributes takes about 2 ns.
_MOST_COMPARISONS = 200_000_000
# Where quotes are not closed, tags seem to reach far; reading them again and again takes time too.
_MOST_READINGS = 5
# Below these no page can come near the limits, whatever it does.
_FEW_REPEATS = 1_000_000
_FEW_ROOTS = 8
# Characters of a tag that can hold as many attributes as are allowed.
_SHORT_TAG = 512
# The parser repeats at most this many unclosed elements that are alike.
_MOST_ALIKE = 3

_SPACE = r"[\t\n\f\r ]"
_ATTRIBUTE = (
    r"[^\t\n\f\r />][^\t\n\f\r />=]*+"
    rf"(?:=\"[^\"]*+\"|{_SPACE}*+={_SPACE}*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\t\n\f\r >]*+))?+"
)
_TAG_NAME = r"[a-zA-Z][^\t\n\f\r />]*+"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_START = re.compile(r"<[a-zA-Z]")
_START_TAG = re.compile(rf"<{_TAG_NAME}(?:[\t\n\f\r /]*+{_ATTRIBUTE})*+[\t\n\f\r /]*+>?")
# Start tags but those that are short, and whose quotes are closed before anything that looks like mark-up:
# nearly all.
_ODD_START = re.compile(
    rf"<(?=[a-zA-Z])(?:(?=[^<>]{{{_SHORT_TAG}}})|"
    r"(?![^<>\"']++(?:(?<=[^\t\n\f\r />=]=)(?:\"[^\"<>]*+\"|'[^'<>]*+')[^<>\"']*+)*+>))"
)
_FORMATTING_START = re.compile(
    r"<(?=(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\t\n\f\r />])", re.IGNORECASE
)
_ROOT = re.compile(r"<(?=(?:html|body)[\t\n\f\r />])", re.IGNORECASE)
_REPEATABLE = re.compile(
    r"<(?=[bcefhinostuBCEFHINOSTU])"
    r"(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u|html|body|option)(?=[\t\n\f\r />])",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"<(?:!--(?:-?>|.*?(?:--!?>|\Z))|(!\[CDATA\[|[!?]|/(?![a-zA-Z]))[^>]*+>?"
    rf"|(/?)({_TAG_NAME})((?:[\t\n\f\r /]*+{_ATTRIBUTE})*+[\t\n\f\r /]*+)>?)",
    re.DOTALL,
)
_NAMES = "title textarea style xmp iframe noembed noframes script".split()
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\t\n\f\r />])|\Z", re.IGNORECASE) for name in _NAMES}
_SCRIPT_IN_COMMENT = re.compile(r"<!--.*<script", re.DOTALL | re.IGNORECASE)
_CDATA = "![CDATA["
_CDATA_SECTION = re.compile(r"<!\[CDATA\[[^>]*\]\]>")

_FORMATTING = frozenset("b big code em font i nobr s small strike strong tt u".split())
_ROOTS = frozenset(["html", "body"])
_VOID = frozenset("area base basefont bgsound br col embed frame hr image img input keygen link meta param "
                  "source track wbr".split())  # fmt: skip
_CELLS = frozenset(["td", "th"])
_GROUPS = frozenset(["tbody", "thead", "tfoot"])
_TERMS = frozenset(["dt", "dd"])
# Elements that may be left open where one of their kind, or their container, ends them.
_LEFT_OPEN = _CELLS | _GROUPS | _TERMS | frozenset("p li tr option optgroup rb rt rp rtc colgroup".split())
_BLOCKS = frozenset(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer "
    "header hgroup main menu nav ol pre listing search section summary ul h1 h2 h3 h4 h5 h6 form".split()
)
# End tags that reach over elements left open.
_CLOSERS = _BLOCKS | _CELLS | _GROUPS | _TERMS | frozenset(["li", "tr", "table", "button", "select"])
# Tag → what it ends when that is the innermost element.
_ENDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_BLOCKS | {"p", "hr"}, frozenset(["p"])),
    "li": frozenset(["p", "li"]),
    **dict.fromkeys(_TERMS, _TERMS | {"p"}),
    "option": frozenset(["option"]),
    "optgroup": frozenset(["option"]),
    **dict.fromkeys(_CELLS, _CELLS | {"p"}),
    "tr": _CELLS | {"p", "tr"},
    **dict.fromkeys(_GROUPS, _CELLS | _GROUPS | {"p", "tr"}),
}
# Where tags mean something else, or nothing.
_FOREIGN = frozenset(["svg", "math"])
_IGNORING = frozenset(["select", "template"])
_ENDING = frozenset(["plaintext", "frameset"])
# HTML that ends foreign content, or may stand in it.
_NOT_FOREIGN = frozenset(
    "span sub sup var ruby table head foreignobject desc mi mo mn ms mtext annotation-xml plaintext button "
    "object applet marquee caption frameset noscript textarea xmp iframe noembed noframes script".split()
) | (_BLOCKS | _FORMATTING | _LEFT_OPEN | _VOID | _ROOTS | _FOREIGN | _IGNORING) - {"image"}


def refuse_costly(html: str, limits: Limits) -> None:
    """Refuse a page whose parsing would take seconds or hundreds of megabytes.

    Raises
    ------
    TooLarge
        The page has too many tags, options or attributes, or they are nested or repeated without end.
    """
    tags = html.count("<")
    starts = tags - html.count("</")
    if starts > limits.max_elements:
        raise too_many("elements", limits.max_elements)
    repeatable = Counter(map(str.lower, _REPEATABLE.findall(html)))
    if repeatable["option"] > _MOST_OPTIONS:
        raise too_many("options", _MOST_OPTIONS)
    roots = repeatable["html"] + repeatable["body"]
    formatting = repeatable.total() - roots - repeatable["option"]
    odd = (_attributes(tag) for tag in _tags_at(html, _ODD_START.finditer(html)))
    if (
        tags * starts > _MOST_STEPS
        or starts * formatting > _FEW_REPEATS
        or roots > _FEW_ROOTS
        or 2 * limits.max_attributes < _SHORT_TAG
        or any(number > limits.max_attributes for number in odd)
    ):
        _Count(html, limits).run()


def too_many(what: str, most: int) -> TooLarge:
    return TooLarge(f"the page has more than {most:,} {what}; is this one web page?")


def _tags_at(html: str, starts: Iterable[re.Match[str]]) -> Iterator[str]:
    """The tags that begin there, if tags do, as they would be read."""
    left = _MOST_READINGS * len(html)
    for start in starts:
        tag = _START_TAG.match(html, start.start())
        assert tag is not None
        left -= len(tag[0])
        if left < 0:
            raise TooLarge("the page has too many tags whose quotes are not closed; is this a web page?")
        yield tag[0]


def _attributes(tag: str) -> int:
    return len(_ATTRIBUTES.findall(tag)) if len(tag) > 1 else 0


class _Count:
    """One pass over the tags."""

    def __init__(self, html: str, limits: Limits) -> None:
        self._html = html
        self._limits = limits
        self._stack: list[str] = []
        self._foreign = self._ignoring = 0
        self._unclosed: defaultdict[str, list[str]] = defaultdict(list)
        self._alike: Counter[tuple[str, str]] = Counter()
        self._repeated = 0
        # Once it is unclear where tags are, every element counts as left open.
        self._lost = False
        # Attributes of further <html> and <body> are merged into the first.
        self._root_attributes = 0
        self._steps = 0
        self._elements = 0

    def run(self) -> None:
        position = 0
        while not self._lost and (token := _TOKEN.search(self._html, position)):
            position = token.end()
            other, slash, name, attributes = token.groups()
            if name is None:
                self._lost = other == _CDATA and self._foreign > 0 and not token[0].endswith("]]>")
            elif slash:
                self._end(name.lower())
            else:
                position = self._start(name.lower(), attributes, position)
            self._add(1)
        if self._lost:
            self._add_rest(position)

    def _add_rest(self, position: int) -> None:
        """Count what follows as if no tag ended anything, and as if tags began wherever they can."""
        html = self._html
        alike = Counter(_tags_at(html, _FORMATTING_START.finditer(html, position)))
        # On the average, half of it stands before.
        self._repeated += sum(min(count, _MOST_ALIKE) for count in alike.values()) // 2
        left = len(_START.findall(html, position))
        self._steps += left * left // 2
        self._add(left)
        odd = (_attributes(tag) for tag in _tags_at(html, _ODD_START.finditer(html, position)))
        roots = sum(map(_attributes, _tags_at(html, _ROOT.finditer(html, position))))
        if sum(number**2 for number in odd) + roots**2 > _MOST_COMPARISONS:
            raise too_many("attributes on one element", self._limits.max_attributes)

    def _add(self, tags: int) -> None:
        self._steps += tags * (len(self._stack) + self._repeated)
        self._elements += tags * (1 + self._repeated)
        if self._steps > _MOST_STEPS:
            raise TooLarge(
                "elements are nested deeper, or left open longer, than any browser shows; is this a web page?"
            )
        if self._elements > _ELEMENTS_PER_LIMIT * self._limits.max_elements:
            raise too_many("elements, as its open tags are repeated", self._limits.max_elements)

    def _count_attributes(self, name: str, attributes: str) -> None:
        number = _attributes(attributes)
        if name in _ROOTS:
            self._root_attributes += number
            number = self._root_attributes
        if number > self._limits.max_attributes:
            raise too_many("attributes on one element", self._limits.max_attributes)

    def _start(self, name: str, attributes: str, position: int) -> int:
        """Count a start tag; where the next one can be."""
        self._count_attributes(name, attributes)
        if self._foreign:
            self._lost = name in _NOT_FOREIGN
            if attributes.endswith("/"):
                return position
        elif name in _VOID:
            return position
        if name in _RAW_ENDS:
            return self._raw_text(name, position)
        while self._stack and self._stack[-1] in _ENDS.get(name, ()):
            self._pop()
        self._lost |= name in _ENDING
        self._push(name, attributes)
        return position

    def _raw_text(self, name: str, position: int) -> int:
        """Where the text of an element without mark-up ends; lost if it could be mark-up all the same."""
        end = _RAW_ENDS[name].search(self._html, position)
        text = self._html[position : end.start()] if end else ""
        may_be_markup = self._foreign or self._ignoring
        self._lost = bool(
            (may_be_markup and "<" in _CDATA_SECTION.sub("", text))
            or (name == "script" and _SCRIPT_IN_COMMENT.search(text))
        )
        return position if self._lost or not end else end.end()

    def _end(self, name: str) -> None:
        stack = self._stack
        if not stack:
            return
        if stack[-1] == name:
            self._pop()
            if self._unclosed[name]:
                alike = name, self._unclosed[name].pop()
                self._repeated -= self._alike[alike] <= _MOST_ALIKE
                self._alike[alike] -= 1
            return
        may_pass = stack if self._foreign else _LEFT_OPEN if name in _CLOSERS else ()
        depth = len(stack) - 1
        while depth >= 0 and stack[depth] != name and stack[depth] in may_pass:
            if stack[depth] in _FOREIGN:
                return
            depth -= 1
        if depth >= 0 and stack[depth] == name:
            while len(stack) > depth:
                self._pop()

    def _push(self, name: str, attributes: str) -> None:
        self._stack.append(name)
        self._foreign += name in _FOREIGN
        self._ignoring += name in _IGNORING
        if name in _FORMATTING:
            self._unclosed[name].append(attributes)
            self._alike[name, attributes] += 1
            self._repeated += self._alike[name, attributes] <= _MOST_ALIKE

    def _pop(self) -> None:
        name = self._stack.pop()
        self._foreign -= name in _FOREIGN
        self._ignoring -= name in _IGNORING
