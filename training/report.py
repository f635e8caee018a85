"""Figures as Markdown tables."""

from __future__ import annotations

Figures = dict[str, dict[str, float]]
_COLUMNS = ("pages", "f1", "precision", "recall", "found", "alike", "leaked")


def figures_table(groups: Figures, ceiling: Figures | None = None) -> str:
    """One row a corpus, and below it one row for each of its page types (keys ``corpus/type``)."""
    header = [*_COLUMNS, "ceiling"] if ceiling else list(_COLUMNS)
    lines = [f"| corpus | {' | '.join(header)} |", "|---" * (len(header) + 1) + "|"]
    for name in sorted(groups):
        corpus, _, page_type = name.partition("/")
        means = groups[name]
        cells = [f"{means['pages']:.0f}"]
        cells += [f"{means[column]:.3f}" if column in means else "" for column in _COLUMNS[1:]]
        cells += [f"{ceiling[name]['f1']:.3f}"] if ceiling else []
        lines.append(f"| {'– ' + page_type if page_type else corpus} | {' | '.join(cells)} |")
    return "\n".join(lines)
