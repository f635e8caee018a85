"""What a measure should be, who says so, and how to tell a person.

The corpus rules carry the defaults of their papers or reference code. The others ("pagesieve") are bounds
that about 19 in 20 sound pages of our annotations keep to. No rule decides anything: a trained model does, and
rules name what moved it.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass

from pagesieve.quality.prose import DUPLICATE_GRAMS, TOP_GRAMS, Measures

GOPHER = "Gopher (Rae et al. 2021)"
C4 = "C4 (Raffel et al. 2020)"
FINEWEB = "FineWeb (Penedo et al. 2024)"
REFINEDWEB = "RefinedWeb (Penedo et al. 2023)"
PAGESIEVE = "pagesieve"


@dataclass(frozen=True, slots=True)
class Rule:
    """A bound on a measure. ``message`` is a sentence with places for ``value`` and ``threshold``."""

    code: str
    measure: str
    source: str
    threshold: float
    message: str
    at_most: bool = True

    def signal(self, value: float) -> Signal:
        holds = operator.le if self.at_most else operator.ge
        return Signal(
            code=self.code,
            value=round(value, 4),
            threshold=self.threshold,
            passed=bool(holds(value, self.threshold)),
            source=self.source,
            message=self.message.format(value=value, threshold=self.threshold),
        )


@dataclass(frozen=True, slots=True)
class Signal:
    """One rule applied to one page. ``passed`` says on which side of the threshold the value is."""

    code: str
    value: float
    threshold: float
    passed: bool
    source: str
    message: str


def _least(code: str, measure: str, source: str, threshold: float, message: str) -> Rule:
    return Rule(code, measure, source, threshold, message, at_most=False)


_OF_CHARS = "{value:.0%} of the characters are"
# Gopher's table A1: the share of characters in the commonest n-gram, and in repeated ones.
_TOP = dict(zip(TOP_GRAMS, (0.20, 0.18, 0.16), strict=True))
_DUPLICATE = dict(zip(DUPLICATE_GRAMS, (0.15, 0.14, 0.13, 0.12, 0.11, 0.10), strict=True))

_CORPUS_RULES = (
    _least("few_words", "words", GOPHER, 50, "The content has {value:.0f} words; prose has at least {threshold:.0f}."),
    Rule("many_words", "words", GOPHER, 100_000, "The content has {value:,.0f} words; the limit is {threshold:,.0f}."),
    _least("short_words", "word_length", GOPHER, 3, "Words have {value:.1f} letters on average; prose has at least {threshold:.0f}."),
    Rule("long_words", "word_length", GOPHER, 10, "Words have {value:.1f} letters on average; prose has at most {threshold:.0f}."),
    Rule("hashes", "hashes", GOPHER, 0.1, "There are {value:.2f} hash signs a word; prose has at most {threshold}."),
    Rule("ellipses", "ellipses", GOPHER, 0.1, "There are {value:.2f} ellipses a word; prose has at most {threshold}."),
    Rule("bullet_lines", "bullet_lines", GOPHER, 0.9, "{value:.0%} of the lines begin with a bullet; the limit is {threshold:.0%}."),
    Rule("ellipsis_lines", "ellipsis_lines", GOPHER, 0.3, "{value:.0%} of the lines are cut off by an ellipsis; the limit is {threshold:.0%}."),
    _least("few_letters", "alphabetic_words", GOPHER, 0.8, "{value:.0%} of the words and marks hold a letter; prose has at least {threshold:.0%}."),
    _least("few_stop_words", "stop_words", GOPHER, 2, "{value:.0f} of its language's commonest words occur; prose has at least {threshold:.0f}."),
    Rule("duplicate_lines", "duplicate_lines", GOPHER, 0.3, "{value:.0%} of the lines repeat an earlier one; the limit is {threshold:.0%}."),
    Rule("duplicate_paragraphs", "duplicate_paragraphs", GOPHER, 0.3, "{value:.0%} of the paragraphs repeat an earlier one; the limit is {threshold:.0%}."),
    Rule("duplicate_line_chars", "duplicate_line_chars", GOPHER, 0.2, f"{_OF_CHARS} in repeated lines; the limit is {{threshold:.0%}}."),
    Rule("duplicate_paragraph_chars", "duplicate_paragraph_chars", GOPHER, 0.2, f"{_OF_CHARS} in repeated paragraphs; the limit is {{threshold:.0%}}."),
    *(
        Rule(f"top_{size}gram", f"top_{size}gram", GOPHER, bound, f"{_OF_CHARS} one phrase of {size} words; the limit is {{threshold:.0%}}.")
        for size, bound in _TOP.items()
    ),
    *(
        Rule(f"duplicate_{size}gram", f"duplicate_{size}gram", GOPHER, bound, f"{_OF_CHARS} in repeated phrases of {size} words; the limit is {{threshold:.0%}}.")
        for size, bound in _DUPLICATE.items()
    ),
    _least("few_sentences", "sentences", C4, 5, "{value:.0f} whole sentences; an article has at least {threshold:.0f}."),
    Rule("lorem_ipsum", "lorem_ipsum", C4, 0, "The text holds placeholder text, \"lorem ipsum\"."),
    Rule("curly_brackets", "curly_brackets", C4, 0, "Curly brackets in the text suggest program code."),
    _least("unfinished_lines", "final_punctuation", FINEWEB, 0.12, "{value:.0%} of the lines end like a sentence; prose has at least {threshold:.0%}."),
    Rule("short_lines", "short_lines", FINEWEB, 0.67, "{value:.0%} of the lines are shorter than 31 characters; the limit is {threshold:.0%}."),
    Rule("repeated_line_chars", "repeated_line_chars", FINEWEB, 0.01, f"{_OF_CHARS} in lines that occurred before; the limit is {{threshold:.0%}}."),
    Rule("list_like", "line_breaks", FINEWEB, 0.3, "{value:.2f} line breaks a word look like a list; the limit is {threshold}."),
    Rule("removed_lines", "removed_lines", REFINEDWEB, 0.05, "{value:.0%} of the words are in lines of capitals, numbers or single words; the limit is {threshold:.0%}."),
)  # fmt: skip

_PAGE_RULES = (
    Rule("error_title", "error_in_title", PAGESIEVE, 0, "The title reads like an error message."),
    Rule("error_phrases", "error_phrases", PAGESIEVE, 2, "{value:.0f} phrases of error messages occur at the beginning."),
    Rule("waiting_phrases", "waiting_phrases", PAGESIEVE, 2, "{value:.0f} phrases of pages under construction or on the move occur."),
    Rule("waiting_title", "waiting_in_title", PAGESIEVE, 0, "The title is one of a page under construction or on the move."),
    Rule("script_phrases", "script_phrases", PAGESIEVE, 1, "{value:.0f} phrases ask for scripts, cookies or another browser."),
    Rule("wall_phrases", "wall_phrases", PAGESIEVE, 1, "{value:.0f} phrases of bot, age or access walls occur."),
    Rule("wall_title", "wall_in_title", PAGESIEVE, 0, "The title is one of a bot, age or access wall."),
    Rule("parked_phrases", "parked_phrases", PAGESIEVE, 1, "{value:.0f} phrases of parked domains occur."),
    Rule("parking_sources", "parking_sources", PAGESIEVE, 0, "{value:.0f} addresses lead to a service that parks domains."),
    Rule("login_phrases", "login_phrases", PAGESIEVE, 5, "{value:.0f} phrases of sign-in forms occur."),
    Rule("login_title", "login_in_title", PAGESIEVE, 0, "The title is one of a sign-in page."),
    Rule("password_fields", "password_fields", PAGESIEVE, 1, "{value:.0f} fields ask for a password."),
    Rule("secret_fields", "secret_fields", PAGESIEVE, 2, "{value:.0f} fields ask for passwords, card numbers or codes."),
    Rule("secret_phrases", "secrets_phrases", PAGESIEVE, 3, "{value:.0f} phrases ask for account or payment data."),
    Rule("password_for_brand", "password_for_brand", PAGESIEVE, 0, "A password form names a brand that is often imitated, and nothing shows that the page is the brand's."),
    Rule("password_elsewhere", "password_elsewhere", PAGESIEVE, 0, "A password form is not sent to the site that the page's own links and pictures belong to."),
    Rule("form_scripts", "form_scripts", PAGESIEVE, 0, "{value:.0f} forms are sent to a loose script beside the page."),
    Rule("form_share", "form_share", PAGESIEVE, 0.5, "{value:.0%} of the text is inside forms; the limit is {threshold:.0%}."),
    Rule("refresh", "refresh", PAGESIEVE, 0, "The page sends its reader on by itself."),
    Rule("frames", "n_frame", PAGESIEVE, 0, "The page is a set of frames; its text is elsewhere."),
    _least("little_content", "content_share", PAGESIEVE, 0.1, "{value:.0%} of the page's words are its own content; pages have at least {threshold:.0%}."),
    _least("unsure_content", "best_probability", PAGESIEVE, 0.5, "No block is likely to be content (best {value:.0%})."),
    Rule("link_share", "link_share", PAGESIEVE, 0.7, "{value:.0%} of the text is links; the limit is {threshold:.0%}."),
    Rule("content_link_share", "content_link_share", PAGESIEVE, 0.5, "{value:.0%} of the content is links; the limit is {threshold:.0%}."),
    Rule("hidden_share", "hidden_share", PAGESIEVE, 0.4, "{value:.0%} of the text is hidden from readers; the limit is {threshold:.0%}."),
    Rule("hidden_links", "hidden_links", PAGESIEVE, 5, "{value:.0f} links to other sites are hidden from readers."),
    Rule("advert_share", "advert_share", PAGESIEVE, 0.1, "{value:.0%} of the text is in advertising; the limit is {threshold:.0%}."),
    Rule("advert_sources", "advert_sources", PAGESIEVE, 5, "{value:.0f} scripts and frames come from advertising networks."),
    Rule("related_share", "related_share", PAGESIEVE, 0.4, "{value:.0%} of the text points to other pages; the limit is {threshold:.0%}."),
    Rule("affiliate_links", "affiliate_links", PAGESIEVE, 3, "{value:.0f} links earn a commission; the limit is {threshold:.0f}."),
    Rule("one_host_links", "one_host_links", PAGESIEVE, 0.5, "{value:.0%} of the links lead to one other site; the limit is {threshold:.0%}."),
    Rule("title_density", "title_density", PAGESIEVE, 0.05, "A word of the title makes up {value:.1%} of the text; the limit is {threshold:.0%}."),
    Rule("title_pair_density", "title_pair_density", PAGESIEVE, 0.03, "A phrase of the title makes up {value:.1%} of the text; the limit is {threshold:.0%}."),
    Rule("keyword_density", "keyword_density", PAGESIEVE, 0.08, "One word makes up {value:.1%} of the text; the limit is {threshold:.0%}."),
    Rule("title_repeats", "title_repeats", PAGESIEVE, 3, "{value:.0f} words of the title are repeated in it."),
    Rule("long_title", "title_words", PAGESIEVE, 20, "The title has {value:.0f} words; the limit is {threshold:.0f}."),
    Rule("meta_keywords", "meta_keywords", PAGESIEVE, 60, "{value:.0f} keywords are declared; the limit is {threshold:.0f}."),
    Rule("pharma_words", "pharma_words", PAGESIEVE, 0.5, "{value:.1f} in 100 words are names of medicines that spam sells."),
    Rule("gambling_words", "gambling_words", PAGESIEVE, 1, "{value:.1f} in 100 words are of gambling."),
    Rule("adult_words", "adult_words", PAGESIEVE, 1, "{value:.1f} in 100 words are of sex."),
    Rule("pharma_links", "pharma_links", PAGESIEVE, 0.5, "{value:.1f} in 100 words of links are names of medicines that spam sells."),
    Rule("gambling_links", "gambling_links", PAGESIEVE, 1, "{value:.1f} in 100 words of links are of gambling."),
    Rule("scam_phrases", "scam_phrases", PAGESIEVE, 3, "{value:.0f} phrases of offers too good to be true occur."),
    Rule("compression", "compression", PAGESIEVE, 4, "The text shrinks to a {value:.1f}th when compressed, so it repeats itself; the limit is {threshold:.0f}."),
    _least("few_distinct_words", "distinct_words", PAGESIEVE, 0.2, "{value:.0%} of the words are different ones; texts have at least {threshold:.0%}."),
    Rule("doubled_words", "doubled_words", PAGESIEVE, 0.02, "{value:.1%} of the words stand twice in a row."),
    Rule("capital_words", "capital_words", PAGESIEVE, 0.2, "{value:.0%} of the words are in capitals; the limit is {threshold:.0%}."),
    Rule("digits", "digits", PAGESIEVE, 0.2, "{value:.0%} of the characters are digits; the limit is {threshold:.0%}."),
    Rule("language_differs", "language_differs", PAGESIEVE, 0, "The text is in another language than the page declares."),
    Rule("script_mix", "script_mix", PAGESIEVE, 0.35, "{value:.0%} of the letters are of a second script; the limit is {threshold:.0%}."),
    Rule("wording", "wording", PAGESIEVE, 0, "The wording resembles that of spam ({value:+.1f} log-odds)."),
    Rule("page_wording", "page_wording", PAGESIEVE, 0, "The wording of the whole page resembles that of spam ({value:+.1f} log-odds)."),
    Rule("markup", "markup", PAGESIEVE, 0, "The names of files and fields resemble those of spam ({value:+.1f} log-odds)."),
    Rule("secret_scripts", "secret_scripts", PAGESIEVE, 0, "{value:.0f} forms send a password or a card's number to a loose script beside the page."),
    Rule("saved_sources", "saved_sources", PAGESIEVE, 0.2, "{value:.0%} of the pictures and scripts are from a saved copy of a page."),
    Rule("hidden_goods", "goods_hidden", PAGESIEVE, 2, "{value:.0f} words of goods that spam sells are hidden from readers."),
    Rule("hidden_pharma", "pharma_hidden", PAGESIEVE, 0, "{value:.0f} names of medicines that spam sells are hidden from readers."),
    Rule("gambling_title", "gambling_titled", PAGESIEVE, 0, "{value:.0f} words of gambling stand in the title."),
)  # fmt: skip

RULES: tuple[Rule, ...] = _CORPUS_RULES + _PAGE_RULES


def apply_rules(measures: Measures) -> tuple[Signal, ...]:
    """Every rule on one page, in a fixed order."""
    return tuple(rule.signal(measures[rule.measure]) for rule in RULES)
