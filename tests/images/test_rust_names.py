"""Rust's symbol names: both schemes, and what has no path."""

from __future__ import annotations

import pytest

from twincore.images.rust_names import rust_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("_ZN6my_app5BEATS17h0123456789abcdefE", "my_app::BEATS"),
        (
            "_ZN7esp_hal5timer4timg12INT_ENA_LOCK17haf4dc95d3761fa1fE.llvm.1467484791756951641",
            "esp_hal::timer::timg::INT_ENA_LOCK",
        ),
        ("_RNvCscvgiSjrdqPz_14esp32s3_blinky5ALARM", "esp32s3_blinky::ALARM"),
        (
            "_RNvNtCs7ByD78ZijDj_7esp_hal6system20PERIPHERAL_REF_COUNT.llvm.13472125575845038840",
            "esp_hal::system::PERIPHERAL_REF_COUNT",
        ),
        ("_RNvCs0_1a1_1b", None),
        ("_ZN3foo3barE", None),
        ("_ZNSt6vectorE", None),
        ("_ZN99foo17h0123456789abcdefE", None),
        ("_RINvNtCse8CMT7fvW1Z_4core9panicking13assert_failedjjEB4_", None),
        ("_RNvMNtCs7ByD78ZijDj_7esp_hal6asynchNtB2_11AtomicWaker4wake", None),
        ("_Reset", None),
        ("main", None),
        ("", None),
    ],
)
def test_paths(name: str, path: str | None) -> None:
    assert rust_path(name) == path
