"""The part of the model card that tells of the verdict and the confidence."""

from __future__ import annotations

from typing import Any

from pagesieve.options import DROP_BELOW, KEEP_FROM

_SECTION = """\
## Verdict

Tells whether a page is worth keeping: `state`, the probability of `spam`, and `quality` (0..1), from about
{measures} measures of the page (`pagesieve/quality/`): the rules of Gopher, C4, FineWeb and RefinedWeb,
mark-up, links, forms, phrases, what the block classifier makes of the page, and the hashed byte 4-grams of
the clean text and of the names of files, forms and fields: one linear model of them for each state but `ok`;
for spam one each and one of the whole page. Extremely randomised trees (Geurts et al. 2006), served as ONNX;
spam and quality calibrated (Platt). The score is `quality · (1 - spam)`, 0 where the page is not `ok`;
{keep_from} and more is `keep`, less than {drop_below} `drop`, the rest `review`.

**Labels.** {pages} pages, annotated under a written guideline by language models that read each page,
{twice} of them twice: model-assisted annotations, not human gold (`training/annotations/`). The pages are
mostly of 2014 to 2018; {spam_pages} are spam, most of it phishing, and {undecided} undecided ones train and
score no spam.

The state has further lessons, which never say what spam is: {control_ok:,} of the {control:,} pages of the
corpora as `ok` (those with 30 words of gold text), one to three lines alone of {short:,} of their texts, the
annotated pages once more as lines of plain text, and {written} lessons from walls, placeholders and errors of
the kinds of today and honest pages of two sentences in 26 languages, written for this
(`training/annotations/written.jsonl`): a page counts twice, once as HTML and once as text. Quality is learned
from the annotated pages in three forms: whole, as lines, and as bare HTML.

Out of fold, 5 folds grouped by site, template and text (`pagesieve train --only verdict` prints this).
`spam found` is recall where 2 % of honest pages are taken for spam; quality is Spearman's rank correlation
with the labels.

| | spam AUC | spam found | state macro F1 | quality | quality, `ok` pages |
|---|---|---|---|---|---|
{table}

Spam AUC among `ok` pages is {auc_ok:.3f} and among sign-in pages {auc_login:.3f}: the spam of this pool
that is easy is phishing, and doorways or stuffed pages are found far less well.

| state | pages | precision | recall | F1 | text withheld |
|---|---|---|---|---|---|
{states}

Decisions at the default thresholds:

| pages | keep | review | drop |
|---|---|---|---|
{decisions}

What a threshold on the score gives, on the {decided} pages of which it is known whether they are spam: how
many of the pages from it on are sound (`ok`, no spam, quality 2 to 4), how many of the sound ones these are,
and how many of the pages below it are sound all the same:

| score | kept | sound among them | of all sound pages | sound among the rest | of all unsound pages |
|---|---|---|---|---|---|
{thresholds}

Told out of fold, of the lessons:

| | pages | `ok` | of these told otherwise | withheld | of the others told not `ok` | macro F1 | quality |
|---|---|---|---|---|---|---|---|
{lessons}

**Clean controls**: corpora of articles, forums and shops that say nothing of spam and quality, and whose
states are told by models that did not see their site, with out-of-fold block probabilities. `F1 emptied` is
word F1 when pages that are only a message give no text, as they do by default. Some of these pages *are*
error pages or bot walls; nobody has sorted them out.

| corpus | pages | spam ≥ 0.5 | not `ok` | emptied | dropped | word F1 | F1 emptied |
|---|---|---|---|---|---|---|---|
{controls}

![Receiver operating characteristic of spam](spam.png)

## Confidence

`page.confidence` is the predicted word F1 of the extraction, from how sure the block probabilities are. Out
of fold by site, against the true word F1; `expected` is the expected F1 that follows from the probabilities
alone.

| corpus | pages | Spearman | Spearman of expected | mean error |
|---|---|---|---|---|
{confidence}

On `wcxb_dev`:

| confidence below | share of pages | their F1 | F1 of the others |
|---|---|---|---|
{below}

![Predicted against true word F1 on wcxb_dev, ten bins of equal size](confidence.png)

### Limits of verdict and confidence

- Farms of generated text of today are not in the pool; nothing is claimed about them. Non-English spam is
  scarce.
- How common spam and errors are is the pool's and not the web's; precision depends on it.
- Cloaking, link schemes, expired domains and the reputation of a site cannot be seen on one page.
- A page of few sentences, or plain text, is told by less: its state and quality are learned from made-up
  cases, its spam from whole pages alone.
- Walls and placeholders are few in the pool, and those of today are known from written ones only.
- Annotators were of one family and may share blind spots. A page without its address cannot be told from a
  copy of it.
- Corpus rules say whether a text is prose. A failed rule is no accusation.
- Confidence is learned from the eight corpora: a gold convention that differs shifts it.


"""

_LESSONS = {
    "control": "pages of the corpora",
    "short": "a few of their lines alone",
    "lines": "annotated pages as plain text",
    "bare": "annotated pages as bare HTML",
}
# Figures of a lesson and of a state, and how they are shown.
_LESSON_COLUMNS = {
    "pages": ",",
    "ok": ",",
    "ok_told_otherwise": ",",
    "ok_emptied": ",",
    "not_ok_found": ",",
    "state_f1": ".3f",
    "quality_rank": ".3f",
}
_STATE_COLUMNS = {"pages": ".0f", "precision": ".2f", "recall": ".2f", "f1": ".2f", "emptied": ".0f"}


def verdict_section(entry: dict[str, Any]) -> str:
    """Markdown of a manifest's ``verdict``."""
    figures = entry["figures"]
    rows = {"this release": figures["ours"], **figures["baselines"], **figures["ablation"]}
    return _SECTION.format(
        keep_from=KEEP_FROM,
        drop_below=DROP_BELOW,
        twice=figures["twice"],
        pages=figures["pages"],
        spam_pages=figures["spam_pages"],
        undecided=figures["undecided"],
        decided=figures["pages"] - figures["undecided"],
        measures=round(figures["measures"], -1),
        control=figures["controls"]["all"]["pages"],
        control_ok=figures["lessons"]["control"]["pages"],
        short=figures["lessons"]["short"]["pages"],
        written=figures["lessons"]["written"]["pages"],
        thresholds=_rows(
            (limit, *(f"{value:.1%}" for value in row.values()))
            for limit, row in figures["thresholds"].items()
        ),
        lessons=_rows(
            (_LESSONS[kind], *(_shown(row, key, form) for key, form in _LESSON_COLUMNS.items()))
            for kind, row in figures["lessons"].items()
            if kind in _LESSONS
        ),
        auc_ok=figures["spam_by_state"]["ok"],
        auc_login=figures["spam_by_state"]["login"],
        table=_rows((name, *(f"{value:.3f}" for value in row.values())) for name, row in rows.items()),
        states=_rows(
            (name, *(_shown(row, key, form) for key, form in _STATE_COLUMNS.items()))
            for name, row in figures["states"].items()
        ),
        decisions=_rows((name, *map(str, row.values())) for name, row in figures["decisions"].items()),
        controls=_rows(
            (
                name,
                f"{row['pages']:,}",
                *(
                    f"{row[key]} ({row[key] / row['pages']:.1%})"
                    for key in ("spam", "not_ok", "emptied", "drop")
                ),
                f"{row['f1']:.4f}",
                f"{row['f1_emptied']:.4f}",
            )
            for name, row in figures["controls"].items()
        ),
        confidence=_rows(
            (name, f"{row['pages']:,}", *(f"{row[key]:.3f}" for key in ("rank", "rank_expected_f1", "error")))
            for name, row in figures["confidence"]["corpora"].items()
        ),
        below=_rows(
            (limit, f"{row['share']:.1%}", f"{row['f1_below']:.3f}", f"{row['f1_above']:.3f}")
            for limit, row in figures["confidence"]["below"].items()
        ),
    )


def _shown(row: dict[str, Any], key: str, form: str) -> str:
    """A figure, or nothing where there is none, as of a release older than the figure."""
    return "" if row.get(key) is None else f"{row[key]:{form}}"


def _rows(rows: Any) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
