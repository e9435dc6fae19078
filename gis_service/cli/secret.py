"""Settings in, the key that signs sessions out: from the environment, or from a file that is made once (0600)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from gis_service.errors import SetupError

if TYPE_CHECKING:
    from gis_service.settings import Settings

_FILE = "secret.key"


def signing_key(settings: Settings) -> str:
    """The key; SetupError where it can neither be read nor made, or others may read its file."""
    if settings.secret:
        return settings.secret
    file = _folder(settings) / _FILE
    try:
        return _read(file) if file.exists() else _made(file)
    except OSError as error:
        raise SetupError(
            f"密钥文件 {file} 不能读写（{error.strerror}）；请改正权限，或设置 GIS_SERVICE_SECRET（至少 32 字）"
        ) from error


def _folder(settings: Settings) -> Path:
    from gis_service.store.cluster_home import usual_folder

    return settings.data_dir.absolute() if settings.data_dir else usual_folder()


def _read(file: Path) -> str:
    if file.stat().st_mode & 0o077:
        raise SetupError(f"密钥文件 {file} 其他人也能读，请运行 chmod 600 {file}，并删除它以换一个新的密钥")
    key = file.read_text(encoding="ascii").strip()
    if len(key) < 32:
        raise SetupError(f"密钥文件 {file} 的内容不完整，请删除它，程序会重新生成")
    return key


def _made(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_hex(32)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(key)
    return key
