"""Problems of 附件2, one row per category."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import ProblemGroup
from gis_service.store.tables.mapping import Located, Sampled, Table, between, gist_indexes, one_of


class Problem(Located, Sampled, Table):
    """A problem and its rectification; the point lies in the community or area that was found by its name."""

    __tablename__ = "problems"
    __table_args__ = (between("category", 1), one_of("problem_group", ProblemGroup), *gist_indexes())
    geometry_type = "POINT"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    natural_key: Mapped[str] = mapped_column(unique=True)
    seq: Mapped[int | None]
    project_name: Mapped[str]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id", ondelete="SET NULL"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("management_areas.id", ondelete="SET NULL"), index=True)
    county: Mapped[str]
    company: Mapped[str]
    category: Mapped[int]
    problem_group: Mapped[str]
    content: Mapped[str]
    progress: Mapped[str]
    responsible: Mapped[str]
    deadline: Mapped[dt.date | None]
    deadline_text: Mapped[str]
    closed: Mapped[bool | None]
    remark: Mapped[str]
    source_file: Mapped[str]
    source_row: Mapped[int | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
