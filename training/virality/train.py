"""Fits the virality model from tables of daily trending lists and writes it as JSON.

usage: train.py OUT.json TABLE.csv... [--report]

Each table: snapshot_time, video_id, published_at, views, likes, comments (more columns are not read). The model learns
how the pace of the last interval changes in the next 24 hours, so that where it knows nothing it is persistence.
--report prints the cross-validation by table that stands in README.md and fits nothing to ship.
"""

import hashlib
import json
import sys

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

HOUR = 3600.0
SEED = 7
# Rows that the backtest on the same tables may use: later days, and videos that took no part.
TRAIN_IDS, TRAIN_DAYS = 0.65, 0.70
WARM = ["growth_day", "acceleration", "days_followed", "like_rate", "comment_rate", "new_like_rate", "new_comment_rate",
        "comments_per_like", "growth_day_before"]
AGELESS = ["like_rate", "comment_rate", "comments_per_like"]
COLD = ["age_hours", *AGELESS]
PARAMS = dict(num_leaves=8, learning_rate=0.1, min_child_samples=40, reg_lambda=5.0, verbose=-1, n_jobs=1,
              random_state=SEED, deterministic=True, force_row_wise=True)
# What a video offers decides which model reads it: a pace, else an age, else neither.
KINDS = {"warm": (WARM, 1.2, 120), "cold": (COLD, 4.0, 60), "ageless": (AGELESS, 4.0, 60)}
# With so many rows the isotonic curve and the logistic one weigh the same.
EVEN_ROWS = 1000
# Part of the spread of what happens that no count's own noise explains, in log units.
SPREAD = 0.45


def share(video_id):
    """In [0, 1), the same on every machine: which part of the tables a video belongs to."""
    return int.from_bytes(hashlib.sha256(video_id.encode()).digest()[:4], "big") / 2**32


def read(path):
    table = pd.read_csv(path, usecols=lambda c: c in {"snapshot_time", "video_id", "published_at", "views", "likes", "comments"})
    table["day"] = pd.to_datetime(table.snapshot_time)
    table["published_at"] = pd.to_datetime(table.published_at, errors="coerce")
    table["share"] = table.video_id.astype(object).map(share).astype(float)
    return table.drop_duplicates(["video_id", "day"]).sort_values(["video_id", "day"], kind="stable")


def thinned(table, rng):
    """The same videos with an audience 1 to 10,000 times smaller: what a small creator's counts look like, noise included."""
    table = table.copy()
    videos = table.video_id.unique()
    factor = dict(zip(videos, 10.0 ** -rng.uniform(0, 4, len(videos))))
    part = table.video_id.map(factor).to_numpy()
    for column in ("views", "likes", "comments"):
        before = table.groupby("video_id")[column].shift(1).fillna(0)
        new = rng.poisson((table[column] - before).clip(lower=0) * part)
        table[column] = pd.Series(new, index=table.index).groupby(table.video_id).cumsum()
    return table


def with_neighbours(table):
    table = table.copy()
    by_video = table.groupby("video_id")
    table["days_followed"] = (table.day - by_video.day.transform("min")).dt.total_seconds() / HOUR / 24
    for column in ("views", "likes", "comments", "day"):
        table["p_" + column] = by_video[column].shift(1)
    table["pp_views"], table["pp_day"] = by_video.views.shift(2), by_video.day.shift(2)
    table["n_views"], table["n_day"] = by_video.views.shift(-1), by_video.day.shift(-1)
    for name, late, early in (("hours", "day", "p_day"), ("p_hours", "p_day", "pp_day"), ("n_hours", "n_day", "day")):
        table[name] = (table[late] - table[early]).dt.total_seconds() / HOUR
    table = table[table.n_hours <= 24].copy()
    table["gain"] = (table.n_views - table.views).clip(lower=0)
    table["growth"] = np.log((table.views + table.gain + 1) / (table.views + 1))
    return table


def pace(rows):
    """New views a day over the last interval."""
    return (rows.views - rows.p_views).clip(lower=0) / rows.hours * 24


def features(rows):
    """As viralnow-core/src/clips/virality/features.rs; scale-free: nothing says how large the audience is."""
    views, before = rows.views.clip(lower=0) + 1, rows.p_views.clip(lower=0) + 1
    gain = (views - before).clip(lower=0)
    out = pd.DataFrame(index=rows.index)
    out["growth_day"] = np.log(np.log(views / before).clip(lower=1e-6) / rows.hours * 24)
    pace_before = (rows.p_views - rows.pp_views).clip(lower=0) / rows.p_hours * 24
    out["acceleration"] = np.log((gain / rows.hours * 24 + 1) / (pace_before + 1)).clip(-4, 4)
    out["days_followed"] = rows.days_followed.clip(upper=7)
    out["age_hours"] = np.log(((rows.day - rows.published_at).dt.total_seconds() / HOUR).clip(lower=1))
    out["like_rate"] = np.log((rows.likes + 1) / views)
    out["comment_rate"] = np.log((rows.comments + 1) / views)
    likes, comments = (rows.likes - rows.p_likes).clip(lower=0), (rows.comments - rows.p_comments).clip(lower=0)
    out["new_like_rate"] = np.log((likes + 1) / (gain + 10)) - out.like_rate
    out["new_comment_rate"] = np.log((comments + 1) / (gain + 10)) - out.comment_rate
    out["comments_per_like"] = np.log((rows.comments + 1) / (rows.likes + 1))
    out["growth_day_before"] = np.log(np.log(before / (rows.pp_views + 1)).clip(lower=1e-6) / rows.p_hours * 24)
    return out


def fit(rows, kind):
    columns, clip, trees = KINDS[kind]
    target = np.log((rows.gain / rows.n_hours * 24 + 10) / (base(rows, kind) + 10)).clip(-2 * clip, 2 * clip)
    return lgb.LGBMRegressor(n_estimators=trees, **PARAMS).fit(features(rows)[columns].to_numpy(), target.to_numpy())


def of_kind(rows, kind):
    first = rows.hours.isna()
    return rows[{"warm": ~first, "cold": first & rows.published_at.notna(), "ageless": first}[kind]]


def base(rows, kind):
    return pace(rows) if kind == "warm" else rows.views


def predicted(rows, model, kind):
    """New views in the next 24 hours."""
    columns, clip, _ = KINDS[kind]
    return base(rows, kind).to_numpy() * np.exp(np.clip(model.predict(features(rows)[columns].to_numpy()), -clip, clip))


def distances(rows, new_views, kind, objective):
    """How far a video's prediction stands above the last one that its day's top tenth takes in, in units of what is uncertain;
    and whether it got there."""
    views = rows.views.to_numpy()
    place = np.log1p(new_views) if objective == "gain" else np.log(np.log1p(new_views / (views + 1)) + 1e-6)
    noise = 1 / (new_views + 1)
    if kind == "warm":
        noise = noise + 1 / (pace(rows).to_numpy() + 1)
    z, top, borders = [], [], []
    for _, index in rows.reset_index(drop=True).groupby("day").groups.items():
        index = np.asarray(index)
        if len(index) < 20:
            continue
        k = max(1, round(len(index) * 0.1))
        in_order = np.sort(place[index])[::-1]
        border = (in_order[k - 1] + in_order[k]) / 2
        borders.append(border)
        z.append((place[index] - border) / np.sqrt(1 + noise[index] / SPREAD**2))
        label = np.zeros(len(index))
        label[np.argsort(-rows[objective].to_numpy()[index], kind="stable")[:k]] = 1
        top.append(label)
    return np.concatenate(z), np.concatenate(top), float(np.median(borders))


def curve(z, top):
    """Probability by distance, on 33 knots, and how far it moves when whole samples are drawn again. An isotonic curve follows what is
    chance in a few hundred rows, so the fewer there are, the more it leans on a logistic one."""
    knots = np.quantile(z, np.r_[np.linspace(0, 0.8, 9)[:-1], np.linspace(0.8, 1, 25)])
    logistic = EVEN_ROWS / (EVEN_ROWS + len(z))

    def smooth(z, top):
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(z, top)
        line = LogisticRegression(C=10).fit(z[:, None], top)
        return lambda at: (1 - logistic) * steps.predict(at) + logistic * line.predict_proba(at[:, None])[:, 1]

    rng = np.random.default_rng(SEED)
    drawn = []
    for _ in range(200):
        take = rng.integers(0, len(z), len(z))
        drawn.append(averaged(smooth(z[take], top[take]), knots))
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    return {"z": knots, "p": averaged(smooth(z, top), knots), "low": low, "high": high}


def averaged(curve, knots):
    """Steps are evened out between the knots' neighbours, and what has never been seen is not called impossible."""
    edges = np.r_[knots[0], (knots[1:] + knots[:-1]) / 2, knots[-1]]
    inside = [curve(np.linspace(a, b, 21)).mean() for a, b in zip(edges[:-1], edges[1:])]
    return np.clip(np.maximum.accumulate(inside), 0.0005, 0.9995)


def calibrations(plain, kind, augmented):
    """On videos that the model has not seen: fitted on each half, read on the other."""
    half = lambda rows, b: rows[(rows.share * 1000 % 2 >= 1) == b]
    gathered = {"gain": [], "growth": []}
    for b in (False, True):
        model = fit(pd.concat([half(rows, b) for rows in augmented]), kind)
        for rows in plain:
            rest = half(rows, not b)
            for objective, out in gathered.items():
                out.append(distances(rest, predicted(rest, model, kind), kind, objective))
    columns = {o: list(zip(*g)) for o, g in gathered.items()}
    return {o: curve(np.concatenate(z), np.concatenate(top)) | {"border": np.median(border)} for o, (z, top, border) in columns.items()}


def trees_of(model):
    """Each tree as rows of [feature, threshold, missing goes left, left, right], leaves as negative numbers from -1."""
    trees = []
    for tree in model.booster_.dump_model()["tree_info"]:
        nodes, leaves = [], []

        def walk(node):
            if "leaf_value" in node:
                leaves.append(round(node["leaf_value"], 5))
                return -len(leaves)
            here = len(nodes)
            nodes.append(None)
            left, right = walk(node["left_child"]), walk(node["right_child"])
            # Where LightGBM saw no missing value it reads one as 0.
            left_if_missing = node["default_left"] if node["missing_type"] == "NaN" else 0.0 <= node["threshold"]
            nodes[here] = [node["split_feature"], float(f"{node['threshold']:.6g}"), int(left_if_missing), left, right]
            return here

        walk(tree["tree_structure"])
        trees.append({"nodes": nodes, "leaves": leaves})
    return trees


def train(tables, seed):
    rng = np.random.default_rng(seed)
    plain = [with_neighbours(t) for t in tables]
    extra = [with_neighbours(thinned(t, rng)) for t in tables]
    out = {}
    for kind, (columns, clip, _) in KINDS.items():
        rows = [of_kind(t, kind) for t in plain]
        if not sum(map(len, rows)):
            continue
        augmented = rows + [of_kind(t, kind) for t in extra]
        every = pd.concat(augmented)
        model, inputs = fit(every, kind), features(every)[columns].to_numpy()
        corrections = np.clip(model.predict(inputs), -clip, clip)
        low, high = np.nanquantile(inputs, [0.001, 0.999], axis=0)
        rows = [r for r in rows if len(r)]
        out[kind] = dict(model=model, typical=float(np.median(corrections)), low=low, high=high,
                         curves=calibrations(rows, kind, augmented), rows=int(sum(map(len, rows))))
    return out


def train_part(table):
    days = np.sort(table.day.unique())
    last = days[int(len(days) * TRAIN_DAYS) - 1]
    return table[(table.share < TRAIN_IDS) & (table.day <= last)]


def rounded(values, digits=6):
    return [float(f"{v:.{digits}g}") for v in values]


def written(parts):
    out = {"format": 1, "spread": SPREAD}
    for kind, p in parts.items():
        out[kind] = {
            "features": KINDS[kind][0], "low": rounded(p["low"]), "high": rounded(p["high"]), "clip": KINDS[kind][1],
            "typical": round(p["typical"], 5), "trained_rows": p["rows"],
            "calibration": {o: {k: rounded(v, 5) if k != "border" else float(f"{v:.5g}") for k, v in c.items()} for o, c in p["curves"].items()},
            "trees": trees_of(p["model"]),
        }
    return out


def measure(rows, score, objective, p=None):
    precision, auc, pairs = [], [], []
    for _, index in rows.reset_index(drop=True).groupby("day").groups.items():
        index = np.asarray(index)
        if len(index) < 20:
            continue
        k = max(1, round(len(index) * 0.1))
        top = np.zeros(len(index), bool)
        top[np.argsort(-rows[objective].to_numpy()[index], kind="stable")[:k]] = True
        s = score[index]
        precision.append(top[np.argsort(-s, kind="stable")[:k]].mean())
        ranks = pd.Series(s).rank().to_numpy()
        auc.append((ranks[top].sum() - k * (k + 1) / 2) / (k * (len(index) - k)))
    return np.mean(precision), np.mean(auc)


def error(p, top):
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(p[bins == b].mean() - top[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())


def report(tables, names):
    for i, name in enumerate(names):
        rest = [t for j, t in enumerate(tables) if j != i and not names[j][-6:] == name[-6:]] or [t for j, t in enumerate(tables) if j != i]
        seen = set().union(*[set(t.video_id) for t in rest])
        test = with_neighbours(tables[i][~tables[i].video_id.isin(seen)])
        parts = train(rest, SEED)
        for kind in KINDS:
            rows = of_kind(test, kind)
            if kind not in parts or not len(rows):
                continue
            new = predicted(rows, parts[kind]["model"], kind)
            views = rows.views.to_numpy()
            persistence = base(rows, kind).to_numpy()
            for objective in ("gain", "growth"):
                ours = new if objective == "gain" else np.log1p(new / (views + 1))
                rule = persistence if objective == "gain" else np.log1p(persistence / (views + 1))
                c = parts[kind]["curves"][objective]
                z, top, _ = distances(rows, new, kind, objective)
                ece = error(np.interp(z, c["z"], c["p"]), top)
                print(name, kind, objective, len(rows), "default P@10 %.3f AUC %.3f ECE %.4f" % (*measure(rows, ours, objective), ece),
                      "persistence P@10 %.3f AUC %.3f" % measure(rows, rule, objective), flush=True)


def main():
    paths = [a for a in sys.argv[1:] if not a.startswith("--")]
    out, paths = paths[0], paths[1:]
    tables = [read(p) for p in paths]
    if "--report" in sys.argv:
        return report(tables, [p.rsplit("/", 1)[-1].removesuffix(".csv") for p in paths])
    whole = written(train([train_part(t) for t in tables], SEED))
    text = json.dumps(whole, separators=(",", ":"))
    open(out, "w").write(text + "\n")
    print(f"{out}: {len(text)} bytes")


main()
