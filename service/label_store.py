"""Where corrections are kept, and pages if the operator allows it: SQLite, or what a SQLAlchemy URL names.

Writing is exactly once: a correction has an identifier, made of the client's ``Idempotency-Key``, and the
same identifier is stored once however often it is sent. Without the header, what says the same as the latest
correction of the page by the same person is a repetition.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.mysql import MEDIUMBLOB, MEDIUMTEXT
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from pagesieve.clean import PLAIN_TEXT
from pagesieve.errors import BadInput
from service.errors import Full, Reused, StoreFailed
from service.labels import HTML, Label, PostedPage
from service.settings import PREFIX

# MySQL's ordinary text ends at 64 KB.
_LONG_TEXT = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
_LONG_BYTES = LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb")
# Another process that writes is done sooner, unless the disk hangs.
_SECONDS_LOCKED = 10
# Sampled pages leave room for labels.
_SHARE_FOR_SAMPLES = 0.5
_ATTEMPTS = 3
# What a page is called in JSON, by its media type.
NAMES = {HTML: "html", PLAIN_TEXT: "text"}
_tables = MetaData()
_labels = Table(
    "labels",
    _tables,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("who", String(200)),
    Column("key_name", String(40)),
    Column("page_hash", String(64), nullable=False),
    Column("url", Text),
    Column("blocks", _LONG_TEXT, nullable=False),
    Column("size", Integer, nullable=False),
)
_pages = Table(
    "pages",
    _tables,
    Column("hash", String(64), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("url", Text),
    Column("content_type", String(20), nullable=False),
    Column("body", _LONG_BYTES, nullable=False),  # gzip, UTF-8
    Column("size", Integer, nullable=False),
)
Index("labels_by_page", _labels.c.page_hash, _labels.c.at)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a correction: its identifier, and whether it is new and the page is kept."""

    id: str
    new: bool
    page_stored: bool


class Store:
    """The store that ``url`` names; opened, and made where there is none, when first used."""

    def __init__(self, url: str, most_bytes: int) -> None:
        self._engine = _engine(url)
        self._most_bytes = most_bytes
        self._made = False

    def add(self, label: Label, page: PostedPage | None, idempotency_key: str | None) -> Stored:
        """Store a correction once, and the page with it.

        Raises
        ------
        Reused
            The key came before, with something else.
        Full
            The store holds as much as it may.
        StoreFailed
            The database cannot be written.
        """
        with _translated():
            for attempt in range(_ATTEMPTS):
                try:
                    with self._writing() as connection:
                        return self._add(connection, label, page, idempotency_key)
                except IntegrityError:  # another worker has just stored the same
                    if attempt == _ATTEMPTS - 1:
                        raise
        raise AssertionError

    def _add(
        self, connection: Connection, label: Label, page: PostedPage | None, idempotency_key: str | None
    ) -> Stored:
        latest = connection.execute(_latest(label)).first()
        if idempotency_key is not None:
            name = _identifier(label.key, idempotency_key)
            latest = connection.execute(select(_labels).where(_labels.c.id == name)).first()
            if latest and latest.digest != label.digest:
                raise Reused("this Idempotency-Key came before with another correction; use a new one")
        else:
            # The one before is part of the name: who goes back to an earlier opinion says something new.
            name = _identifier(label.digest, latest.id if latest else "")
        kept = _has_page(connection, label.page_hash)
        if latest and latest.digest == label.digest:
            return Stored(latest.id, new=False, page_stored=kept)
        rows = [(_labels, _label_row(name, label))]
        if page and not kept:
            rows.append((_pages, _page_row(page)))
        self._check_room(connection, sum(row["size"] for _, row in rows), self._most_bytes)
        for table, row in rows:
            connection.execute(table.insert(), row)
        return Stored(name, new=True, page_stored=kept or page is not None)

    def sample(self, page: PostedPage) -> None:
        """Keep a page for ``suggest``, unless it is kept already.

        Raises
        ------
        Full
            The store holds as much as it may of pages that nobody labelled.
        StoreFailed
            The database cannot be written.
        """
        with _translated(), self._writing() as connection:
            if not _has_page(connection, page.hash):
                row = _page_row(page)
                self._check_room(connection, row["size"], int(_SHARE_FOR_SAMPLES * self._most_bytes))
                connection.execute(_pages.insert(), row)

    def labelled_pages(self) -> Iterator[dict[str, Any]]:
        """A row for each labelled page, oldest first: what later corrections say goes before earlier ones."""
        last = func.max(_labels.c.at)
        with _translated(), self._reading() as connection:
            order = select(_labels.c.page_hash).group_by(_labels.c.page_hash).order_by(last)
            for page_hash in connection.execute(order).scalars().all():
                said = select(_labels).where(_labels.c.page_hash == page_hash).order_by(_labels.c.at)
                page = connection.execute(select(_pages).where(_pages.c.hash == page_hash)).first()
                yield _merged(connection.execute(said).all(), page)

    def pages_to_label(self) -> Iterator[PostedPage]:
        """The kept pages that nobody has labelled, oldest first."""
        with _translated(), self._reading() as connection:
            known = select(_labels.c.page_hash)
            hashes = select(_pages.c.hash).where(_pages.c.hash.not_in(known)).order_by(_pages.c.at)
            for name in connection.execute(hashes).scalars().all():
                row = connection.execute(select(_pages).where(_pages.c.hash == name)).one()
                yield PostedPage(_source(row), row.content_type, row.url)

    def labelled_hashes(self) -> set[str]:
        with _translated(), self._reading() as connection:
            return set(connection.execute(select(_labels.c.page_hash).distinct()).scalars())

    def statistics(self) -> dict[str, Any]:
        """How much there is, of what, and by whom."""
        with _translated(), self._reading() as connection:
            roles: Counter[str] = Counter()
            who: Counter[str] = Counter()
            said = connection.execute(select(_labels.c.blocks, _labels.c.who))
            for blocks, name in said:
                roles.update(block["role"] for block in json.loads(blocks))
                who[name or ""] += 1
            count, first, last, labelled = connection.execute(
                select(
                    func.count(),
                    func.min(_labels.c.at),
                    func.max(_labels.c.at),
                    func.count(_labels.c.page_hash.distinct()),
                )
            ).one()
            return {
                "labels": count,
                "labelled_pages": labelled,
                "first": first,
                "last": last,
                "roles": dict(roles.most_common()),
                "who": dict(who.most_common()),
                "stored_pages": connection.execute(select(func.count()).select_from(_pages)).scalar(),
                "bytes": _bytes(connection),
            }

    def _check_room(self, connection: Connection, more: int, most: int) -> None:
        if _bytes(connection) + more > most:
            raise Full(
                f"the label store would hold more than {most:,} bytes; export it and begin another, "
                f"or raise {PREFIX}MAX_STORED_BYTES on the server"
            )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self._make()
        with self._engine.execution_options(writing=True).begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._make()
        with self._engine.begin() as connection:
            yield connection

    def _make(self) -> None:
        """Make the tables where there are none."""
        if self._made:
            return
        # Another worker may make them at the same time; what else is wrong, the next statement says.
        with suppress(DBAPIError), self._engine.execution_options(writing=True).begin() as connection:
            _tables.create_all(connection)
        self._made = True


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise BadInput(
            f"{PREFIX}LABELS names no database that can be used ({error}); write a SQLAlchemy URL such as "
            "sqlite:////srv/labels.sqlite3 or postgresql+psycopg://user@host/name, and install its driver"
        ) from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ArgumentError("nothing in memory outlives the process")
    path = Path(url.database).expanduser()
    engine = create_engine(
        url.set(database=str(path)), hide_parameters=True, connect_args={"timeout": _SECONDS_LOCKED}
    )

    @event.listens_for(engine, "do_connect")
    def make_file(*_: object) -> None:
        # It may hold text of pages: for its owner alone.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)

    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    # Transactions are begun by ``_on_begin``, not by the driver when it sees fit.
    connection.isolation_level = None
    # Readers do not wait for writers, and what was answered with 201 outlives a power cut.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _on_begin(connection: Connection) -> None:
    # A transaction that reads before it writes cannot wait for another's lock once it has read.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        # Never the statement, which holds text of pages.
        reason = getattr(error, "orig", None) or error
        raise StoreFailed(
            f"the label store cannot be used now ({type(reason).__name__}); try again, "
            f"or see what {PREFIX}LABELS names on the server"
        ) from error


def _identifier(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _latest(label: Label) -> Select[Any]:
    """The latest correction of the same page by the same person."""
    columns = _labels.c
    same = (
        columns.page_hash == label.page_hash,
        columns.who.is_not_distinct_from(label.who),
        columns.key_name.is_not_distinct_from(label.key),
    )
    return select(_labels).where(*same).order_by(columns.at.desc()).limit(1)


def _label_row(name: str, label: Label) -> dict[str, Any]:
    blocks = label.blocks
    return {
        "id": name, "digest": label.digest, "at": _now(), "who": label.who, "key_name": label.key,
        "page_hash": label.page_hash, "url": label.url, "blocks": blocks, "size": len(blocks.encode()),
    }  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _has_page(connection: Connection, page_hash: str) -> bool:
    return connection.execute(select(_pages.c.hash).where(_pages.c.hash == page_hash)).first() is not None


def _page_row(page: PostedPage) -> dict[str, Any]:
    body = gzip.compress(page.source.encode(), mtime=0)
    return {
        "hash": page.hash, "at": _now(), "url": page.url, "content_type": page.content_type,
        "body": body, "size": len(body),
    }  # fmt: skip


def _source(row: Row[Any]) -> str:
    return gzip.decompress(row.body).decode()


def _bytes(connection: Connection) -> int:
    return sum(
        connection.execute(select(func.sum(table.c.size))).scalar() or 0 for table in (_labels, _pages)
    )


def _merged(said: Sequence[Row[Any]], page: Row[Any] | None) -> dict[str, Any]:
    roles: dict[str, str] = {}
    for row in said:
        roles |= {block["text"]: block["role"] for block in json.loads(row.blocks)}
    source = {NAMES[page.content_type]: _source(page)} if page else {}
    url = next((row.url for row in reversed(said) if row.url), page.url if page else None)
    return source | {
        "url": url,
        "page_hash": said[-1].page_hash,
        "blocks": [{"text": text, "role": role} for text, role in roles.items()],
        "who": said[-1].who,
        "when": said[-1].at,
    }
