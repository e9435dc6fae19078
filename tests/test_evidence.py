"""Photos that somebody sends: pixels stay; place, time and camera go; what is no photo or too much is refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from gis_service.errors import BadRequestError, TooLargeError
from gis_service.rectifying import clean
from tests.rectification import photo

MB = 1 << 20


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_keeps_its_pixels_and_loses_place_time_and_camera(form: str) -> None:
    before = photo(form)
    with Image.open(io.BytesIO(before)) as picture:
        assert picture.getexif().get_ifd(0x8825), "the photo that is sent says where it was taken"
    after = clean(before, max_bytes=MB, max_pixels=10_000_000)
    with Image.open(io.BytesIO(after.content)) as picture:
        assert picture.format == "JPEG"
        assert not picture.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(picture.info)
        red, green, _ = picture.getpixel((10, 10))  # type: ignore[misc]
        assert red > 180
        assert green < 60
    assert b"Exif" not in after.content
    assert "某某相机".encode() not in after.content


def test_a_photo_taken_upright_stays_upright() -> None:
    after = clean(photo(turned=True), max_bytes=MB, max_pixels=10_000_000)
    assert (after.width, after.height) == (480, 640)


def test_a_large_photo_is_made_smaller() -> None:
    after = clean(photo(size=(4000, 3000)), max_bytes=8 * MB, max_pixels=20_000_000)
    assert (after.width, after.height) == (2048, 1536)


def test_what_is_no_photo_or_too_much_is_refused() -> None:
    for side in (9_000, 30_000):
        bomb = io.BytesIO()
        Image.new("1", (side, side)).save(bomb, "PNG")
        assert len(bomb.getvalue()) < MB
        with pytest.raises(TooLargeError, match=r"像素.*上限 50 百万像素"):
            clean(bomb.getvalue(), max_bytes=MB, max_pixels=50_000_000)
    with pytest.raises(TooLargeError, match="上限 1 MB"):
        clean(b"x" * (MB + 1), max_bytes=MB, max_pixels=1)
    for content in (b"", b"GIF89a", b"<svg/>", b"MZ", photo()[:3000]):
        with pytest.raises(BadRequestError):
            clean(content, max_bytes=MB, max_pixels=50_000_000)
