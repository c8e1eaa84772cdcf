"""The rows of linear algebra, of random numbers of seeds, of special functions, and of what stands beside them."""

import tensorflow as tf
from rows import R, constant, data, one, two

POSES, SMALL = (64, 4, 4), (256, 3, 3)


def regular(x):
    """Matrices with a good condition."""
    return x + tf.eye(x.shape[-1]) * 3.0


def definite(x):
    return x * 0.1 + tf.linalg.matrix_transpose(x) * 0.1 + tf.eye(x.shape[-1]) * 3.0


def matrices(name, make, **kw):
    return lambda x: tf.nest.flatten(getattr(R, name)(input=make(x), **kw))


def rows():
    found = {}
    for name, make in (("MatrixInverse", regular), ("MatrixDeterminant", regular), ("Cholesky", definite),
                       ("SelfAdjointEigV2", definite), ("Svd", regular), ("MatrixExponential", regular)):
        found[name] = one(matrices(name, make), POSES)
        found[name + " of 3"] = one(matrices(name, make), SMALL)
    return found | {
        "MatrixSolve": one(lambda x: R.MatrixSolve(matrix=regular(x), rhs=x), POSES),
        "MatrixTriangularSolve": one(lambda x: R.MatrixTriangularSolve(matrix=regular(x), rhs=x), POSES),
        "LogMatrixDeterminant": one(lambda x: R.LogMatrixDeterminant(input=regular(x))[:2], POSES),
        "Qr": one(matrices("Qr", regular), POSES),
        "BandedTriangularSolve": one(lambda x: R.BandedTriangularSolve(matrix=tf.abs(x) + 1.0, rhs=tf.ones([64, 1])), (3, 64)),
        "TridiagonalSolve": one(lambda x: R.TridiagonalSolve(diagonals=x, rhs=tf.ones([64, 1])), (3, 64)),
        "TridiagonalMatMul": one(lambda x: R.TridiagonalMatMul(superdiag=x, maindiag=x, subdiag=x, rhs=tf.ones([64, 8])), (1, 64)),
        "ConjugateTranspose": one(lambda x: R.ConjugateTranspose(x=x, perm=[0, 2, 1]), (8, 128, 256)),
        "SparseMatMul": two(lambda x, y: R.SparseMatMul(a=x, b=y), (256, 256)),
        "DataFormatVecPermute": one(lambda x: R.DataFormatVecPermute(x=x), (4,), tf.int32),
        "DataFormatDimMap": one(lambda x: R.DataFormatDimMap(x=x % 4), (4,), tf.int32),
        "ImageProjectiveTransformV2": one(lambda x: R.ImageProjectiveTransformV2(
            images=x, transforms=[TURN], output_shape=[112, 112], interpolation="BILINEAR"), (4, 112, 112, 3)),
        "ImageProjectiveTransformV3": one(lambda x: R.ImageProjectiveTransformV3(
            images=x, transforms=[TURN], output_shape=[112, 112], fill_value=0.5, interpolation="NEAREST"), (4, 112, 112, 3)),
        "StatelessRandomGetKeyCounter": one(lambda x: R.StatelessRandomGetKeyCounter(seed=x)[:1], (2,), tf.int32),
        "StatelessRandomGetKeyCounterAlg": one(lambda x: R.StatelessRandomGetKeyCounterAlg(seed=x)[:1], (2,), tf.int32),
        "StatelessRandomGetAlg": one(lambda x: x + R.StatelessRandomGetAlg(), (2,), tf.int32),
        "CumulativeLogsumexp": one(lambda x: R.CumulativeLogsumexp(x=x, axis=1), (64, 256)),
        "HistogramFixedWidth": one(lambda x: R.HistogramFixedWidth(values=x, value_range=[-1.0, 1.0], nbins=100), (64, 256)),
        "NextAfter": two(lambda x, y: R.NextAfter(x1=x, x2=y), (64, 256)),
        "PopulationCount": one(lambda x: R.PopulationCount(x=x), (64, 256), tf.int32),
        "StatelessRandomUniform": seeded("StatelessRandomUniform"), "StatelessRandomUniformV2": keyed("StatelessRandomUniformV2"),
        "Dilation2D": one(lambda x: R.Dilation2D(
            input=x, filter=constant(3, 3, 16), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="SAME"), (1, 56, 56, 16)),
    }


TURN = [0.8, -0.6, 20.0, 0.6, 0.8, -12.0, 0.0, 0.0]


ONE = (
    "Digamma Erfinv Dawsn FresnelSin FresnelCos BesselI0 BesselI1 BesselI0e BesselI1e BesselJ0 BesselJ1 Lgamma".split(),
    "Ndtri Expint Spence BesselK0 BesselK1 BesselK0e BesselK1e BesselY0 BesselY1".split(),
)


def unbounded():
    """Functions that are computed in float64, to the last bit of a float32, and what runs their plain loops."""
    found = {name: one(lambda x, name=name: getattr(R, name)(x=x), (64, 256)) for name in ONE[0]}
    found |= {name: one(lambda x, name=name: getattr(R, name)(x=tf.abs(x)), (64, 256)) for name in ONE[1]}
    found |= {name: two(lambda x, y, name=name: getattr(R, name)(a=tf.abs(x) + 1.0, x=tf.abs(y)), (64, 64))
              for name in ("Igamma", "Igammac")}
    for name in ("StatelessRandomNormal", "StatelessTruncatedNormal", "StatelessRandomUniformInt", "StatelessRandomUniformFullInt"):
        kw = {"minval": 0, "maxval": 1000} if name.endswith("mInt") else {}
        found[name], found[name + "V2"] = seeded(name, **kw), keyed(name + "V2", **kw)
    return found | {
        "Zeta": two(lambda x, y: R.Zeta(x=tf.abs(x) + 2.0, q=tf.abs(y) + 0.1), (64, 64)),
        "Polygamma": one(lambda x: R.Polygamma(a=tf.ones_like(x), x=tf.abs(x) + 0.1), (64, 64)),
        "Betainc": two(lambda x, y: R.Betainc(a=tf.abs(x) + 1.0, b=tf.abs(x) + 1.0, x=tf.abs(y)), (64, 64)),
        "MatrixInverse of 64": one(lambda x: R.MatrixInverse(input=regular(x) + tf.eye(64) * 9.0), (64, 64)),
    }


def seeded(name, **kw):
    return one(lambda x: getattr(R, name)(shape=[64, 256], seed=x, **kw), (2,), tf.int32)


def keyed(name, **kw):
    def build():
        key, counter = R.StatelessRandomGetKeyCounter(seed=data((2,), tf.int32))
        return getattr(R, name)(shape=[64, 256], key=key, counter=counter, alg=1, **kw)

    return build
