"""Linear algebra: small matrices, in batches. Signs of vectors are TensorFlow's where they are defined."""

import numpy as np
from case import case, const, feed, normal

REALS = ["float", "double"]


def plus_diagonal(*shape, by=3.0):
    """Matrices whose condition is good."""
    return lambda rng: rng.normal(0, 1, shape) + by * np.eye(shape[-2], shape[-1])


def definite(*shape):
    def draw(rng):
        a = rng.normal(0, 1, shape)
        return a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])

    return draw


SINGULAR = [[1.0, 2], [2, 4]]
POSE = [[0.8, -0.6, 0, 1.5], [0.6, 0.8, 0, -2], [0, 0, 1, 0.25], [0, 0, 0, 1]]
for op in ["MatrixInverse", "BatchMatrixInverse"]:
    for t in REALS:
        case(op, f"{op.lower()}_{t}", feed(t, plus_diagonal(2, 4, 4)))
    case(op, f"{op.lower()}_pose", feed("float", POSE))
    case(op, f"{op.lower()}_adjoint", feed("float", plus_diagonal(3, 3)), adjoint=True)
    case(op, f"{op.lower()}_singular", feed("float", SINGULAR), error=True)
case("MatrixInverse", "matrixinverse_half", feed("half", plus_diagonal(3, 3)))
case("MatrixInverse", "matrixinverse_large", feed("float", plus_diagonal(20, 20, by=8)))
case("MatrixInverse", "matrixinverse_permuted", feed("float", [[0, 2, 0], [0, 0, 1], [4, 0, 0]]))
case("MatrixInverse", "matrixinverse_empty", feed("float", np.zeros((2, 0, 0))))
case("MatrixInverse", "matrixinverse_none", feed("float", np.zeros((0, 3, 3))))
case("MatrixInverse", "matrixinverse_not_square", feed("float", normal(2, 3)), error=True)
case("MatrixInverse", "matrixinverse_vector", feed("float", normal(3)), error=True)
for op in ["MatrixDeterminant", "BatchMatrixDeterminant", "LogMatrixDeterminant"]:
    for t in REALS:
        for n in [1, 2, 3, 5]:
            case(op, f"{op.lower()}_{t}_{n}", feed(t, plus_diagonal(3, n, n)))
    case(op, f"{op.lower()}_singular", feed("float", SINGULAR))
    case(op, f"{op.lower()}_odd", feed("float", [[0, 1], [2, 3]]))
    case(op, f"{op.lower()}_empty", feed("float", np.zeros((2, 0, 0))))
    case(op, f"{op.lower()}_not_square", feed("float", normal(2, 3)), error=True)
for op in ["MatrixSolve", "BatchMatrixSolve"]:
    for t in REALS:
        for adjoint in [False, True]:
            case(op, f"{op.lower()}_{t}_{int(adjoint)}", feed(t, plus_diagonal(2, 4, 4)), feed(t, normal(2, 4, 3)), adjoint=adjoint)
    case(op, f"{op.lower()}_singular", feed("float", SINGULAR), feed("float", normal(2, 1)), error=True)
    case(op, f"{op.lower()}_rows", feed("float", plus_diagonal(3, 3)), feed("float", normal(2, 1)), error=True)
case("MatrixSolve", "matrixsolve_no_columns", feed("float", plus_diagonal(3, 3)), feed("float", np.zeros((3, 0))))
case("MatrixSolve", "matrixsolve_batches", feed("float", plus_diagonal(2, 3, 3)), feed("float", normal(1, 3, 1)), error=True)
for op in ["MatrixTriangularSolve", "BatchMatrixTriangularSolve"]:
    for lower in [False, True]:
        for adjoint in [False, True]:
            case(op, f"{op.lower()}_{int(lower)}{int(adjoint)}", feed("float", plus_diagonal(2, 4, 4)), feed("float", normal(2, 4, 3)), lower=lower, adjoint=adjoint)
    case(op, f"{op.lower()}_double", feed("double", plus_diagonal(4, 4)), feed("double", normal(4, 3)))
    case(op, f"{op.lower()}_singular", feed("float", [[1, 2], [3, 0]]), feed("float", [[1], [2]]))
case("MatrixTriangularSolve", "matrixtriangularsolve_broadcast", feed("float", plus_diagonal(2, 1, 3, 3)), feed("float", normal(4, 3, 2)))
for lower in [False, True]:
    for adjoint in [False, True]:
        case("BandedTriangularSolve", f"banded_{int(lower)}{int(adjoint)}", feed("float", plus_diagonal(2, 3, 6)), feed("float", normal(2, 6, 2)), lower=lower, adjoint=adjoint)
case("BandedTriangularSolve", "banded_double", feed("double", [[1, 2, 3, 4]]), feed("double", normal(4, 2)))
case("BandedTriangularSolve", "banded_broadcast", feed("float", [[[2, 2, 3], [1, 1, 1]]]), feed("float", normal(2, 3, 1)))
case("BandedTriangularSolve", "banded_singular", feed("float", [[1, 0, 1], [1, 1, 1]]), feed("float", normal(3, 1)), error=True)
case("BandedTriangularSolve", "banded_many", feed("float", normal(4, 3)), feed("float", normal(3, 1)), error=True)
for t in REALS:
    for pivoting in [False, True]:
        case("TridiagonalSolve", f"tridiagonalsolve_{t}_{int(pivoting)}", feed(t, lambda rng: rng.normal(0, 1, (2, 3, 6)) + [[0], [3], [0]]), feed(t, normal(2, 6, 2)), partial_pivoting=pivoting)
    case("TridiagonalMatMul", f"tridiagonalmatmul_{t}", feed(t, normal(2, 1, 5)), feed(t, normal(2, 1, 5)), feed(t, normal(2, 1, 5)), feed(t, normal(2, 5, 3)))
case("TridiagonalSolve", "tridiagonalsolve_pivots", feed("float", [[1, 2, 3, 0], [0, 0.1, 0, 2], [0, 5, -3, 1]]), feed("float", normal(4, 2)))
case("TridiagonalSolve", "tridiagonalsolve_one", feed("float", [[0.0], [2], [0]]), feed("float", [[3, 4]]))
case("TridiagonalSolve", "tridiagonalsolve_singular", feed("float", [[1, 0], [0, 1], [0, 0]]), feed("float", normal(2, 1)))
case("TridiagonalSolve", "tridiagonalsolve_shape", feed("float", normal(2, 3)), feed("float", normal(3, 1)), error=True)
case("TridiagonalMatMul", "tridiagonalmatmul_shape", feed("float", normal(1, 5)), feed("float", normal(1, 5)), feed("float", normal(1, 5)), feed("float", normal(4, 3)), error=True)
for op in ["Cholesky", "BatchCholesky"]:
    for t in REALS:
        case(op, f"{op.lower()}_{t}", feed(t, definite(2, 4, 4)))
case("Cholesky", "cholesky_large", feed("float", definite(17, 17)))
case("Cholesky", "cholesky_empty", feed("float", np.zeros((0, 2, 2))))
for t in REALS:
    for shape in [(4, 4), (5, 3), (3, 5)]:
        for full in [False, True]:
            case("Qr", f"qr_{t}_{shape[0]}{shape[1]}_{int(full)}", feed(t, normal(2, *shape)), full_matrices=full)
case("Qr", "qr_half", feed("half", normal(3, 3)))
case("Qr", "qr_triangle", feed("float", [[2, 1], [0, -3]]))
case("Qr", "qr_empty", feed("float", np.zeros((0, 3, 2))))
for t in REALS:
    for n in [1, 3, 4]:
        case("MatrixExponential", f"matrixexponential_{t}_{n}", feed(t, normal(2, n, n)))
case("MatrixExponential", "matrixexponential_small", feed("float", normal(3, 3, scale=1e-3)))
case("MatrixExponential", "matrixexponential_turn", feed("float", [[0, -3, 0.5], [3, 0, 1], [-0.5, -1, 0]]))
case("MatrixExponential", "matrixexponential_empty", feed("float", np.zeros((0, 2, 2))))
case("MatrixExponential", "matrixexponential_not_square", feed("float", normal(2, 3)), error=True)
for op in ["SelfAdjointEigV2", "BatchSelfAdjointEigV2"]:
    for t in REALS:
        for n in [1, 2, 3, 4, 7]:
            case(op, f"{op.lower()}_{t}_{n}", feed(t, definite(2, n, n)))
    case(op, f"{op.lower()}_values", feed("float", definite(2, 4, 4)), compute_v=False, outputs=[0])
case("SelfAdjointEigV2", "selfadjointeigv2_diagonal", feed("float", [[3, 0, 0], [0, -1, 0], [0, 0, 2]]))
case("SelfAdjointEigV2", "selfadjointeigv2_large", feed("double", definite(20, 20)), outputs=[0])
for op in ["SelfAdjointEig", "BatchSelfAdjointEig"]:
    case(op, f"{op.lower()}_float", feed("float", definite(3, 3) if op == "SelfAdjointEig" else definite(2, 3, 3)), producer=10)
for op in ["Svd", "BatchSvd"]:
    for t in REALS:
        for shape in [(2, 2), (3, 3), (4, 4), (5, 3), (3, 5)]:
            for full in [False, True]:
                case(op, f"{op.lower()}_{t}_{shape[0]}{shape[1]}_{int(full)}", feed(t, normal(2, *shape)), full_matrices=full)
case("Svd", "svd_values", feed("float", normal(2, 4, 3)), compute_uv=False, outputs=[0])
case("Svd", "svd_large", feed("double", normal(20, 18)), outputs=[0])
case("Svd", "svd_rotation", feed("float", [[0.8, -0.6], [0.6, 0.8]]), outputs=[0])
case("Svd", "svd_empty", feed("float", np.zeros((0, 3, 2))))
