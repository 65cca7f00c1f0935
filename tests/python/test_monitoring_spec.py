"""The first specification's snippets, with the prefix `viralnow.` and nothing else changed: that they run, and do
what it says."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import shared

MODULES = ("config", "core", "database", "decorators", "event_bus", "logging_setup", "models")
# What a snippet may take for granted: the specification shows neither these imports nor these functions.
BEFORE = "from datetime import datetime\nfrom viralnow.monitoring.decorators import *\n"


def snippets(language: str) -> list[str]:
    """The blocks of code about monitoring, prefixed."""
    text = shared("spec/000_eec8ba3a77c42d5a.txt").read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.S)
    about = [block for block in blocks if "monitor" in block or "event_bus" in block or "track_performance" in block]
    return [re.sub(r"\bfrom monitoring\b", "from viralnow.monitoring", block) for block in about]


def run(folder: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_snippet_runs(tmp_path: Path) -> None:
    found = snippets("python")
    assert len(found) >= 5
    for snippet in found:
        # A list of decorators alone decorates what follows.
        script = (
            snippet
            if not re.search(r"@\w[^\n]*\s*\Z", snippet)
            else snippet + "def decorated(): return 7\nassert decorated() == 7\n"
        )
        run(tmp_path, BEFORE + script)
    assert (tmp_path / "monitoring.db").exists()


def test_the_commands_run(tmp_path: Path) -> None:
    found = [line for block in snippets("bash") for line in block.splitlines() if line.startswith('python -c "')]
    assert len(found) == 2
    for line in found:
        out = run(tmp_path, line.removeprefix('python -c "').removesuffix('"'))
        if "get_status" in line:
            assert re.match(r"monitor \w+ for \d+ s: \d+ calls", out), out


@pytest.mark.parametrize("module", MODULES)
def test_each_module_stands_alone(module: str, tmp_path: Path) -> None:
    run(tmp_path, f"import viralnow.monitoring.{module}")
    assert not list(tmp_path.iterdir()), "nothing is made before something is recorded"


def test_recent_calls_come_as_the_quick_start_has_them(tmp_path: Path) -> None:
    out = run(
        tmp_path,
        """
from viralnow.monitoring.decorators import monitor_all, monitor_execution, track_performance
from viralnow.monitoring.database import db_manager
from viralnow.monitoring.models import LogFilters, TimeRange
from datetime import datetime, timedelta

@monitor_all(weight=3.0)
@monitor_execution
@track_performance
def fetch_trending_clips(platform):
    return platform

for _ in range(4):
    fetch_trending_clips("youtube")
filters = LogFilters(limit=10)
logs = db_manager.query_log_entries(filters)
for log in logs:
    print(f"{log.function_name}: {log.duration:.3f}s")
filters = LogFilters(
    function_name="fetch_trending_clips",
    time_range=TimeRange(start=datetime.now() - timedelta(hours=1), end=datetime.now() + timedelta(seconds=1)),
)
assert len(db_manager.query_log_entries(filters)) == 12
earlier = TimeRange(start=datetime.now() - timedelta(hours=2), end=datetime.now() - timedelta(hours=1))
assert db_manager.query_log_entries(LogFilters(time_range=earlier)) == []
""",
    )
    lines = out.splitlines()
    assert len(lines) == 10
    assert all(re.fullmatch(r"fetch_trending_clips: \d+\.\d{3}s", line) for line in lines)


def test_custom_events_reach_the_handler(tmp_path: Path) -> None:
    out = run(
        tmp_path,
        """
from datetime import datetime
from viralnow.monitoring.event_bus import event_bus

def my_handler(event_type, data):
    print(f"Received: {event_type}", sorted(data))

event_bus.subscribe('custom.event', my_handler)
event_bus.publish('custom.event', {'data': 'value', 'timestamp': datetime.now().isoformat()})
""",
    )
    assert out == "Received: custom.event ['data', 'timestamp']\n"


def test_its_config_loads_unchanged(tmp_path: Path) -> None:
    text = shared("spec/000_eec8ba3a77c42d5a.txt").read_text(encoding="utf-8")
    config = next(block for block in re.findall(r"```json\n(.*?)```", text, re.S) if "database_path" in block)
    given: dict[str, Any] = json.loads(config)
    given["database_path"] = "elsewhere.db"
    (tmp_path / "monitoring_config.json").write_text(json.dumps(given))
    run(
        tmp_path,
        """
from viralnow.monitoring.config import config_manager
from viralnow.monitoring.decorators import monitor_all
monitor_all(lambda: None)()
assert config_manager["log_retention_days"] == 90 and config_manager.get("update_interval") == 5
""",
    )
    with sqlite3.connect(tmp_path / "elsewhere.db") as db:
        assert db.execute("SELECT count(*) FROM call").fetchone() == (1,)


def test_errors_are_found_in_the_log_file_as_the_troubleshooting_has_it(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
from viralnow.monitoring.decorators import monitor_all

@monitor_all
def fetch_trending_clips():
    raise TimeoutError("no answer")

try:
    fetch_trending_clips()
except TimeoutError:
    pass
""",
    )
    grep = ["grep", "ERROR", "monitoring.log"]
    found = subprocess.run(grep, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "fetch_trending_clips" in found.stdout


def test_another_log_is_asked_by_its_path(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
from viralnow import monitoring
from viralnow.monitoring.database import DatabaseManager
from viralnow.monitoring.models import LogFilters
with monitoring.start(database="other.db"):
    monitoring.monitor_all(name="f")(lambda: None)()
log = DatabaseManager("other.db", detail_days=30, summary_days=60)
assert [entry.function_name for entry in log.query_log_entries(LogFilters(limit=5))] == ["f"]
assert log.get_performance_metrics()[0].calls == 1 and log.get_errors() == []
assert log.cleanup_old_data()["complete"] and log.export_trace("trace.json") == 1
log.backup("copy.db")
assert len(DatabaseManager("copy.db").query_log_entries()) == 1
try:
    DatabaseManager("missing.db").query_log_entries()
except FileNotFoundError:
    pass
else:
    raise AssertionError
""",
    )
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"][0]["name"] == "f"


def test_old_data_is_cleaned_up(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
from viralnow.monitoring.decorators import monitor_all
from viralnow.monitoring.database import db_manager
monitor_all(lambda: None)()
report = db_manager.cleanup_old_data()
assert report and len(db_manager.query_log_entries()) == 1, report
""",
    )


def test_logging_by_the_old_path(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
from viralnow.monitoring.logging_setup import setup_logging
from viralnow.monitoring.decorators import monitor_all
from viralnow.monitoring.core import monitoring_system

setup_logging("INFO", "python.log")

@monitor_all
def fetch():
    raise ValueError("not there")

try:
    fetch()
except ValueError:
    pass
monitoring_system.flush()
assert " ERROR " in open("python.log").read()
""",
    )
