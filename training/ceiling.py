"""What a perfect choice of blocks would score, and why some pages cannot: ``python -m training.ceiling``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from pagesieve.words import tokens
from training.corpora import CORPORA_VARIABLE, corpora_folder
from training.dataset import Example, load_examples
from training.evaluate import ceilings, summarise
from training.metrics import bag_score

LOW = 0.7
# Below this share of the gold's words on the page, no choice of blocks can help.
_ABSENT = 0.7


def explain(example: Example) -> str:
    """Why the page's ceiling is low, as far as words tell."""
    gold = Counter(tokens(example.page.gold))
    on_page = bag_score(Counter(tokens("\n".join(example.texts))), gold).recall
    in_source = bag_score(Counter(tokens(example.page.html)), gold).recall
    if not example.texts:
        return "no block of text in the page" + (", the gold is in its head" if in_source > on_page else "")
    if on_page < _ABSENT:
        where = "partly in scripts or the head" if in_source > on_page + 0.1 else "not in the page"
        return f"{1 - on_page:.0%} of the gold's words are in no block ({where})"
    return "the words are there, but in blocks shared with other text or in another order"


@click.command()
@click.option("--corpora", type=click.Path(path_type=Path), envvar=CORPORA_VARIABLE, show_envvar=True)
@click.option(
    "--cache", type=click.Path(path_type=Path), default=Path(".cache") / "training", show_default=True
)
@click.option("--jobs", default=2, show_default=True)
def main(corpora: Path | None, cache: Path, jobs: int) -> None:
    """Print each corpus's ceiling, and the pages below 0.7 with the reason."""
    examples = load_examples(corpora_folder(corpora), cache, jobs)
    results = ceilings(examples)
    for name, means in summarise(results).items():
        click.echo(f"{name:28s} {means['pages']:6.0f} pages   ceiling {means['f1']:.4f}")
    click.echo(f"\npages below {LOW}:")
    for example, result in zip(examples, results, strict=True):
        if result.score.f1 < LOW:
            click.echo(f"{example.page.corpus}/{example.page.id} {result.score.f1:.2f}: {explain(example)}")


if __name__ == "__main__":
    main()
