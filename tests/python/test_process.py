"""Processes: import time, fork, spawn."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import viralnow
from conftest import SMALL


def test_import_is_fast() -> None:
    # The process's own time, and beside numpy's in the same process, so that a busy or slow machine does not fail it.
    script = """if True:
        import time
        start = time.process_time()
        import numpy
        clock, own = time.perf_counter(), time.process_time()
        import viralnow
        print(time.process_time() - own, time.perf_counter() - clock, own - start)
    """
    runs = [
        [
            float(t)
            for t in subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout.split()
        ]
        for _ in range(7)
    ]
    own, clock, numpy = (min(times) * 1000 for times in zip(*runs, strict=True))
    print(f"import viralnow, beyond numpy's {numpy:.0f} ms: {own:.0f} ms, {clock:.0f} ms on the clock (best of 7)")
    assert own <= max(100, numpy)


def test_import_brings_nothing_heavy_and_no_thread() -> None:
    script = """if True:
        import sys, threading, os
        import viralnow
        heavy = {"pandas", "pyarrow", "tqdm", "asyncio", "multiprocessing", "numpy"} & set(sys.modules)
        assert not heavy, heavy
        assert threading.active_count() == 1
        assert len(os.listdir("/proc/self/task")) == 1
    """
    subprocess.run([sys.executable, "-c", script], check=True)


def analyse(path: str) -> tuple[str, str]:
    analysis = viralnow.analyze(path, threads=2)
    return analysis.asset_id, str(analysis.vision)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_in_child_processes(method: str, small: viralnow.Analysis) -> None:
    # The parent has analysed before it forks: nothing of that may hang the child.
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map_async(analyse, [str(SMALL)] * 3).get(timeout=120)
    assert results == [(small.asset_id, str(small.vision))] * 3


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_store_across_fork(tmp_path: Path) -> None:
    with viralnow.Store(tmp_path / "features.db") as store:
        viralnow.analyze(text="By the parent.", store=store)
        child = os.fork()
        if child == 0:
            try:
                viralnow.analyze(text="By the child.", store=store)
                store.close()
                os._exit(0)
            except BaseException:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert len(store) == 2


def test_several_threads_share_a_store(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    with viralnow.Store(tmp_path / "features.db") as store:

        def work(k: int) -> None:
            try:
                for n in range(5):
                    viralnow.analyze(text=f"Thread {k}, text {n}.", store=store)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert len(store) == 20
