"""What this machine is, what it reaches at best, and which device and precision follow."""

from __future__ import annotations

import streamlit as st

from core.i18n import Translator
from core.measurement.hardware import MachineFacts
from core.pipeline.application import Application
from core.pipeline.peaks import PeaksView, latest_peaks, plan_peaks
from core.pipeline.performance import PerformanceView
from pages.widgets.display import Figure, metric_row, plain
from pages.widgets.formats import moment
from pages.widgets.measuring_panel import start_button

_MIB_PER_GIB = 1024


def draw_machine(app: Application, view: PerformanceView, t: Translator, *, is_running: bool) -> None:
    """The section of the Performance page."""
    machine = view.machine
    st.markdown(f"#### {t('performance.machine')}")
    st.caption(plain(f"{machine.cpu} · {machine.system}"))
    metric_row(
        [
            Figure(t("performance.cores"), machine.usable_cores, help=t("performance.cores_help")),
            Figure(t("performance.memory"), _gib(machine.memory_mib)),
            Figure(t("performance.available"), _gib(machine.available_memory_mib)),
            Figure(t("performance.load"), f"{machine.load_average:.1f}", help=t("performance.load_help")),
            Figure(t("performance.gpu"), _gpus(machine, t)),
        ]
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(t("performance.instruction_sets"), width="content")
        for name in machine.instruction_sets:
            st.badge(name, color="gray")
    facts = t("performance.rule", device=view.device.upper(), precision=view.precision)
    st.info(f"**{plain(facts)}** {plain(t.message(view.precision_reason))}", icon=":material/memory:")
    peaks = latest_peaks(app)
    if peaks is not None:
        _draw_peaks(peaks, t)
    else:
        st.caption(t("performance.no_peaks"))
    label = t("performance.measure_peaks")
    start_button(app, t, label, lambda: plan_peaks(app), key="peaks_start", is_running=is_running)


def _draw_peaks(peaks: PeaksView, t: Translator) -> None:
    best = max(peaks.gflops, key=lambda precision: peaks.gflops[precision])
    products = [
        Figure(
            t("performance.peak", precision=precision),
            f"{gflops:,.0f} GFLOP/s" if gflops >= 10 else f"{gflops:.1f} GFLOP/s",
            help=t("performance.peak_help"),
            note=None if precision == best else t("performance.of_best", share=f"{gflops / peaks.gflops[best]:.0%}"),
        )
        for precision, gflops in peaks.gflops.items()
    ]
    memory = Figure(
        t("performance.bandwidth"),
        f"{peaks.copy_gib_per_second:.1f} GiB/s",
        help=t("performance.bandwidth_help"),
    )
    metric_row([*products, memory])
    if peaks.was_busy:
        st.warning(t("measuring.busy"), icon=":material/groups:")
    st.caption(plain(t("performance.peaks_about", when=moment(peaks.made_at, t), threads=peaks.threads)))


def _gib(mib: int) -> str:
    return f"{mib / _MIB_PER_GIB:,.1f} GiB"


def _gpus(machine: MachineFacts, t: Translator) -> str:
    return ", ".join(gpu.name for gpu in machine.gpus) or t("performance.no_gpu")
