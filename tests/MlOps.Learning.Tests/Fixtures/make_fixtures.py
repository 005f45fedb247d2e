"""Makes the expected values of this folder; see README.md."""
import csv, json, subprocess
import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (average_precision_score, brier_score_loss, confusion_matrix, f1_score, log_loss, mean_absolute_error,
                             mean_squared_error, precision_score, r2_score, recall_score, roc_auc_score, roc_curve)
from sklearn.preprocessing import StandardScaler
import xgboost


def units(seed, count):
    """SplitMix64, the upper 24 bits over 2^24: exact in float32."""
    index = np.arange(1, count + 1, dtype=np.uint64)
    z = np.uint64(seed) + index * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 16777216.0


def synthetic(rows):
    x = units(1, rows * 12).reshape(rows, 12)
    score = 0.5 + 0.6 * (x[:, 0] - 0.5) + 2.0 * (x[:, 1] - 0.5) * (x[:, 2] - 0.5) + 0.8 * (x[:, 3] - 0.5) * (x[:, 3] - 0.5)
    score = score + np.where(x[:, 4] > 0.75, 0.3, -0.1)
    missing = units(2, rows) < 0.3
    score = score + np.where(missing, 0.15, -0.05)
    x[:, 5] = np.where(missing, np.nan, x[:, 5])
    x[:, 6] = np.floor(x[:, 6] * 10)
    score = score + 0.02 * (x[:, 6] - 4.5)
    label = (units(3, rows) < np.clip(score, 0.05, 0.95)).astype(np.float64)
    number = score * 10 + units(4, rows)
    return x, label, number


out = {}
cancer = load_breast_cancer()
x32 = cancer.data.astype(np.float32)
with open("breast_cancer.csv", "w", newline="\n") as file:
    file.write(",".join([*(n.replace(" ", "_") for n in cancer.feature_names), "benign"]) + "\n")
    for row, label in zip(x32, cancer.target):
        file.write(",".join([*(str(v) for v in row), str(label)]) + "\n")


def logistic(x, y, c, weights=None):
    scaler = StandardScaler().fit(x, sample_weight=weights)
    z = np.nan_to_num(scaler.transform(x))
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-11, max_iter=1000).fit(z, y, sample_weight=weights)
    return {"l2": 1 / c, "coefficients": model.coef_[0].tolist(), "intercept": float(model.intercept_[0]),
            "probabilities": model.predict_proba(z)[:, 1][:20].tolist()}


x = x32.astype(np.float64)
y = cancer.target
weights = (1 + (np.arange(len(y)) % 3)).astype(np.float64)
holes = x.copy()
holes[(np.arange(x.size) % 7 == 0).reshape(x.shape)] = np.nan
out["logistic"] = [logistic(x, y, 1.0), logistic(x, y, 0.05), logistic(x, y, 20.0)]
out["logisticWeighted"] = logistic(x, y, 1.0, weights)
out["logisticMissing"] = logistic(holes, y, 1.0)
scaler = StandardScaler().fit(x[:, :29])
ridge = Ridge(alpha=2.0, solver="cholesky").fit(scaler.transform(x[:, :29]), x[:, 29])
out["ridge"] = {"l2": 2.0, "coefficients": ridge.coef_.tolist(), "intercept": float(ridge.intercept_)}

# metrics: scores with many ties, labels that follow them
rows = 1000
label = (units(11, rows) < 0.35).astype(np.float64)
first = np.floor(64 * np.clip(0.25 * label + 0.75 * units(12, rows), 0, 0.999)) / 64
second = np.floor(256 * np.clip(0.15 * label + 0.5 * first + 0.35 * units(13, rows), 0, 0.999)) / 256
fpr, tpr, thresholds = roc_curve(label, first, drop_intermediate=False)
observed, predicted = calibration_curve(label, first, n_bins=10)
decided = (first >= 0.5).astype(int)
tn, fp, fn, tp = confusion_matrix(label, decided).ravel()
out["binary"] = {
    "auc": roc_auc_score(label, first), "averagePrecision": average_precision_score(label, first), "logLoss": log_loss(label, first),
    "brier": brier_score_loss(label, first), "confusion": [int(tp), int(fp), int(tn), int(fn)],
    "accuracy": float((decided == label).mean()), "precision": precision_score(label, decided), "recall": recall_score(label, decided),
    "f1": f1_score(label, decided), "fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist(),
    "observed": observed.tolist(), "predicted": predicted.tolist()}
a = units(14, 500) * 8
b = a + units(15, 500) - 0.4
a, b = a.astype(np.float32).astype(np.float64), b.astype(np.float32).astype(np.float64)
out["regression"] = {"rmse": float(np.sqrt(mean_squared_error(a, b))), "mae": mean_absolute_error(a, b), "r2": r2_score(a, b)}

with open("/tmp/delong.csv", "w") as file:
    file.write("label,first,second\n")
    for row in zip(label, first, second):
        file.write(",".join(repr(float(v)) for v in row) + "\n")
script = """
library(pROC); d <- read.csv("/tmp/delong.csv")
a <- roc(d$label, d$first, direction="<", quiet=TRUE); b <- roc(d$label, d$second, direction="<", quiet=TRUE)
t <- roc.test(a, b, method="delong", paired=TRUE)
cat(sprintf("%.15g", c(auc(a), auc(b), ci.auc(a)[c(1,3)], ci.auc(b, conf.level=0.9)[c(1,3)], t$statistic, t$p.value, var(a))))
"""
values = [float(v) for v in subprocess.check_output(["Rscript", "-e", script]).split()]
out["delong"] = dict(zip(["first", "second", "firstLower", "firstUpper", "secondLower90", "secondUpper90", "z", "pValue", "firstVariance"], values))

# trees
train, test = 20000, 20000
x, label, number = synthetic(train + test)
x32 = x.astype(np.float32)
hist = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.1, max_leaf_nodes=31, early_stopping=False).fit(x32[:train], label[:train])
boosted = xgboost.train(
    {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0, "eta": 0.1, "seed": 0},
    xgboost.DMatrix(x32[:train], label[:train]), 100)
out["trees"] = {}
for name, p in (("histGradientBoosting", hist.predict_proba(x32[train:])[:, 1]), ("xgboost", boosted.predict(xgboost.DMatrix(x32[train:])).astype(np.float64))):
    out["trees"][name] = {"auc": roc_auc_score(label[train:], p), "logLoss": log_loss(label[train:], p)}
regressor = HistGradientBoostingRegressor(max_iter=100, learning_rate=0.1, max_leaf_nodes=31, early_stopping=False).fit(x32[:train], number[:train])
boosted = xgboost.train(
    {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0, "eta": 0.1, "seed": 0},
    xgboost.DMatrix(x32[:train], number[:train]), 100)
rmse = mean_squared_error(number[train:].astype(np.float32), boosted.predict(xgboost.DMatrix(x32[train:])), squared=False)
out["trees"]["xgboostRmse"] = float(rmse)
out["trees"]["regressionRmse"] = float(np.sqrt(mean_squared_error(number[train:].astype(np.float32), regressor.predict(x32[train:]))))
out["trees"]["positives"] = int(label.sum())
json.dump(out, open("expected.json", "w"), indent=1)
