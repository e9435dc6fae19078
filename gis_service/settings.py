"""Every setting of the service, read once from the environment by the two front doors (`api`, `cli`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings, each an environment variable `GIS_SERVICE_…`; `DATABASE_URL` alone goes without the prefix."""

    model_config = SettingsConfigDict(env_prefix="GIS_SERVICE_", populate_by_name=True, extra="ignore")

    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostGIS 数据库地址（postgresql://…）；为空时程序自建私有数据库",
    )
    data_dir: Path | None = Field(default=None, description="私有数据库与密钥所在目录；为空时自动选取 var/")
    host: str = Field(default="127.0.0.1", description="服务监听的地址")
    port: int = Field(default=8000, ge=0, le=65535, description="服务监听的端口；被占用时改用空闲端口并提示")
    city: str = Field(default="安庆市", description="页面标题中的城市名称")
    review_number: str = Field(default="", description="审图号；为空时不对公众发布地图")
    default_limit: int = Field(default=100, ge=1, description="一次返回要素数的默认值")
    max_limit: int = Field(default=10_000, ge=1, description="一次返回要素数的上限")
    max_export_features: int = Field(default=500_000, ge=1, description="网页下载一次的要素数上限；命令行导出不受限")
    max_exports: int = Field(default=4, ge=1, description="同时进行的网页下载数上限")
    database_connections: int = Field(
        default=20, ge=6, le=38, description="数据库连接数上限；其中 4 个不给读者用，其余同时处理请求，一个请求用一个"
    )
    max_waiting: int = Field(default=200, ge=0, description="排队等候数据库的请求数上限，超出答 503")
    max_wait_s: float = Field(default=15, gt=0, description="一个请求最多排队多少秒，超出答 503")
    max_client_running: int = Field(default=8, ge=1, description="同一地址同时处理的请求数上限，其余排队")
    max_client_requests: int = Field(default=64, ge=1, description="同一地址正在处理和排队的请求数上限，超出答 429")
    send_timeout_s: float = Field(
        default=30, gt=0, description="读者多少秒内没有收下一段回答（约 64 KB）就断开，让出连接"
    )
    answer_timeout_s: float = Field(default=600, gt=0, description="一个回答最多送多少秒，超出断开")
    log_format: Literal["text", "json"] = Field(default="text", description="日志的写法：text 一行文字，json 一行 JSON")
    tile_cache_mb: int = Field(default=64, ge=0, description="每个进程在内存中留存的切片上限（MB）；0 为不留")
    statement_timeout_ms: int = Field(default=20_000, ge=100, description="单次查询时限（毫秒），超时由数据库取消")
    max_upload_mb: int = Field(default=100, ge=1, description="单个导入文件的大小上限（MB）")
    tolerance_m: float = Field(
        default=40.0, ge=0, le=250, description="四至落图时，道路数据在路口留下的缺口不超过该距离（米）即视为相接"
    )
    due_soon_days: int = Field(default=7, ge=1, description="距整改时限不足该天数的问题标为临近到期")
