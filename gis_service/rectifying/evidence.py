"""Bytes that somebody sent in; a picture of nothing but its pixels, or a PDF, out, or a refusal that says why."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from threading import BoundedSemaphore

from PIL import Image, ImageOps, UnidentifiedImageError

from gis_service.errors import BadRequestError, TooLargeError

PICTURES = ("JPEG", "PNG", "WEBP")
_LONGEST_SIDE, _QUALITY = 2048, 85
_PDF_MARK = b"%PDF-"
_TURNS = BoundedSemaphore(2)  # pictures that are unpacked at the same time: each may take 150 MB
_JPEG, _PDF = "image/jpeg", "application/pdf"


@dataclass(frozen=True)
class Evidence:
    """What is kept: `width` and `height` in pixels, of a picture."""

    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None

    @property
    def sha256(self) -> str:
        """The fingerprint of the content."""
        return hashlib.sha256(self.content).hexdigest()


def clean(content: bytes, *, max_bytes: int, max_pixels: int) -> Evidence:
    """The picture drawn anew without place, camera or any other remark, or the PDF as it is."""
    if not content:
        raise BadRequestError("文件是空的")
    if len(content) > max_bytes:
        raise TooLargeError(f"文件超过上限 {max_bytes >> 20} MB")
    if content.startswith(_PDF_MARK):
        return Evidence(_PDF, content)
    return _picture(content, max_pixels)


def _picture(content: bytes, max_pixels: int) -> Evidence:
    try:
        with Image.open(io.BytesIO(content), formats=PICTURES) as opened:
            width, height = opened.size  # from the header: nothing is unpacked yet
            if width * height > max_pixels:
                raise TooLargeError(f"照片有 {width} × {height} 像素，上限 {max_pixels // 1_000_000} 百万像素")
            opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            with _TURNS:
                return _drawn_anew(opened)
    except UnidentifiedImageError as error:
        raise BadRequestError("只接受 JPEG、PNG、WebP 照片或 PDF；HEIC 请先转为 JPEG") from error
    except Image.DecompressionBombError as error:
        raise TooLargeError(f"照片像素太多，上限 {max_pixels // 1_000_000} 百万像素") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise BadRequestError("照片不完整或已损坏，请重新拍摄或另存后再传") from error


def _drawn_anew(picture: Image.Image) -> Evidence:
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    pixels = ImageOps.exif_transpose(picture).convert("RGB")
    bare = Image.new("RGB", pixels.size)
    bare.paste(pixels)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Evidence(_JPEG, out.getvalue(), *bare.size)
