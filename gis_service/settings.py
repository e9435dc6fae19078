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
    indicators_dir: Path | None = Field(
        default=None, description="另外声明指标的目录（*.toml）；同名的代替随程序带来的；为空时不用"
    )
    host: str = Field(default="127.0.0.1", description="服务监听的地址")
    port: int = Field(default=8000, ge=0, le=65535, description="服务监听的端口；被占用时改用空闲端口并提示")
    city: str = Field(default="安庆市", description="页面标题中的城市名称")
    review_number: str = Field(default="", description="审图号；为空时不对公众发布地图")
    secret: str | None = Field(
        default=None, min_length=32, repr=False, description="为会话签名的密钥；为空时程序在数据目录里自己生成（0600）"
    )
    session_idle_minutes: float = Field(default=60, gt=0, description="多少分钟没有操作就要重新登录")
    session_hours: float = Field(default=12, gt=0, description="登录之后最多多少小时要重新登录")
    logins_a_minute: int = Field(default=10, ge=1, description="同一地址一分钟内可以登录几次，超出答 429")
    downloads_a_minute: int = Field(default=60, ge=1, description="同一地址一分钟内可以下载几次，超出答 429")
    oidc_issuer: str = Field(default="", description="单位统一登录（OpenID Connect）的地址；为空时不用")
    oidc_client_id: str = Field(default="", description="本服务在单位统一登录处的编号")
    oidc_client_secret: str = Field(default="", repr=False, description="本服务在单位统一登录处的密钥")
    oidc_claim: str = Field(default="sub", description="统一登录的哪一项与账户的“单位账号”相同才可登录")
    oidc_title: str = Field(default="单位统一登录", description="登录页上统一登录按钮的文字")
    default_limit: int = Field(default=100, ge=1, description="一次返回要素数的默认值")
    max_limit: int = Field(default=10_000, ge=1, description="一次返回要素数的上限")
    max_export_features: int = Field(default=500_000, ge=1, description="网页下载一次的要素数上限；命令行导出不受限")
    max_exports: int = Field(default=4, ge=1, description="同时进行的网页下载数上限")
    database_connections: int = Field(
        default=20,
        ge=6,
        le=38,
        description="数据库连接数上限；其中 4 个不给读者用，其余同时处理请求，一个请求用一个。"
        "另有至多 8 个只读的，专供切片和短页",
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
    feature_cache_mb: int = Field(default=64, ge=0, description="每个进程在内存中留存的要素上限（MB）；0 为不留")
    statement_timeout_ms: int = Field(default=20_000, ge=100, description="单次查询时限（毫秒），超时由数据库取消")
    max_upload_mb: int = Field(default=100, ge=1, description="单个导入文件的大小上限（MB）")
    max_upload_features: int = Field(default=2_000, ge=1, description="一个图形文件的要素数上限")
    max_upload_vertices: int = Field(default=300_000, ge=4, description="一个图形文件、一次提交的图形的顶点数上限")
    max_boundary_vertices: int = Field(default=20_000, ge=4, description="一条边界的顶点数上限")
    max_evidence_mb: int = Field(default=12, ge=1, le=50, description="一张照片或一份 PDF 证据的大小上限（MB）")
    max_photo_megapixels: int = Field(default=50, ge=1, le=89, description="一张照片的像素上限（百万像素）")
    tolerance_m: float = Field(
        default=40.0, ge=0, le=250, description="四至落图时，道路数据在路口留下的缺口不超过该距离（米）即视为相接"
    )
    snap_m: float = Field(
        default=5.0, ge=0, le=100, description="绘制边界时，点离道路、河流、邻区边线不超过该距离（米）即吸附上去"
    )
    overlap_m2: float = Field(
        default=10.0, ge=0, description="两个物业管理区域重叠不超过该面积（平方米）时视为绘制误差"
    )
    require_if_match: bool = Field(
        default=True,
        description="用 OGC API – Features 第 4 部分改动草图时必须带 If-Match；QGIS 不会发送，要用它编辑时设为 false",
    )
    changes_keep_days: int = Field(
        default=400, ge=7, le=36_500, description="变更流水保留多少天；更早的清除，再问就答 410"
    )
    webhook_allow: str = Field(
        default="",
        description="变更可以发到的主机名和网段，逗号分开，如 10.20.0.0/16,data.example.gov.cn；为空时不能订阅、不投递",
    )
    webhook_attempts: int = Field(default=12, ge=1, le=50, description="一条消息投递几次不成就放弃，写明原因")
    webhook_pause_s: float = Field(
        default=10, gt=0, le=3600, description="投递不成后隔多少秒再试，以后每次加倍，最多一小时"
    )
    due_soon_days: int = Field(default=7, ge=1, description="距整改时限不足该天数的问题标为临近到期")
