"""Linear algebra: small matrices, in batches. Signs of vectors are TensorFlow's where they are defined."""

import numpy as np
from case import case, feed, normal


def plus_diagonal(*shape, by=3.0):
    """Matrices whose condition is good."""
    return lambda rng: rng.normal(0, 1, shape) + by * np.eye(shape[-2], shape[-1])


def definite(*shape):
    def draw(rng):
        a = rng.normal(0, 1, shape)
        return a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])

    return draw


SINGULAR = [[1.0, 2], [2, 4]]
for op in ["MatrixInverse", "BatchMatrixInverse"]:
    case(op, f"{op.lower()}_float", feed("float", plus_diagonal(2, 4, 4)))
case("MatrixInverse", "matrixinverse_double", feed("double", plus_diagonal(2, 4, 4)))
case("MatrixInverse", "matrixinverse_adjoint", feed("float", plus_diagonal(3, 3)), adjoint=True)
case("MatrixInverse", "matrixinverse_singular", feed("float", SINGULAR), error=True)
case("MatrixInverse", "matrixinverse_half", feed("half", plus_diagonal(3, 3)))
case("MatrixInverse", "matrixinverse_permuted", feed("float", [[0, 2, 0], [0, 0, 1], [4, 0, 0]]))
case("MatrixInverse", "matrixinverse_empty", feed("float", np.zeros((2, 0, 0))))
case("MatrixInverse", "matrixinverse_not_square", feed("float", normal(2, 3)), error=True)
for op in ["MatrixDeterminant", "LogMatrixDeterminant"]:
    for n in [3, 5]:
        case(op, f"{op.lower()}_float_{n}", feed("float", plus_diagonal(3, n, n)))
    case(op, f"{op.lower()}_singular", feed("float", SINGULAR))
    case(op, f"{op.lower()}_odd", feed("float", [[0, 1], [2, 3]]))
    case(op, f"{op.lower()}_empty", feed("float", np.zeros((2, 0, 0))))
case("MatrixDeterminant", "matrixdeterminant_not_square", feed("float", normal(2, 3)), error=True)
case("BatchMatrixDeterminant", "batchmatrixdeterminant_float_3", feed("float", plus_diagonal(3, 3, 3)))
for op, t, adjoint in [("MatrixSolve", "float", False), ("MatrixSolve", "float", True), ("MatrixSolve", "double", False), ("BatchMatrixSolve", "float", False)]:
    case(op, f"{op.lower()}_{t}_{int(adjoint)}", feed(t, plus_diagonal(2, 4, 4)), feed(t, normal(2, 4, 3)), adjoint=adjoint)
case("MatrixSolve", "matrixsolve_singular", feed("float", SINGULAR), feed("float", normal(2, 1)), error=True)
case("MatrixSolve", "matrixsolve_rows", feed("float", plus_diagonal(3, 3)), feed("float", normal(2, 1)), error=True)
case("MatrixSolve", "matrixsolve_no_columns", feed("float", plus_diagonal(3, 3)), feed("float", np.zeros((3, 0))))
for op in ["MatrixTriangularSolve", "BatchMatrixTriangularSolve"]:
    for lower, adjoint in [(False, False), (False, True), (True, False), (True, True)] if op[0] == "M" else [(True, True)]:
        case(op, f"{op.lower()}_{int(lower)}{int(adjoint)}", feed("float", plus_diagonal(2, 4, 4)), feed("float", normal(2, 4, 3)), lower=lower, adjoint=adjoint)
case("MatrixTriangularSolve", "matrixtriangularsolve_singular", feed("float", [[1, 2], [3, 0]]), feed("float", [[1], [2]]))
case("MatrixTriangularSolve", "matrixtriangularsolve_broadcast", feed("float", plus_diagonal(2, 1, 3, 3)), feed("float", normal(4, 3, 2)))
for lower in [False, True]:
    for adjoint in [False, True]:
        case("BandedTriangularSolve", f"banded_{int(lower)}{int(adjoint)}", feed("float", plus_diagonal(2, 3, 6)), feed("float", normal(2, 6, 2)), lower=lower, adjoint=adjoint)
case("BandedTriangularSolve", "banded_broadcast", feed("float", [[[2, 2, 3], [1, 1, 1]]]), feed("float", normal(2, 3, 1)))
case("BandedTriangularSolve", "banded_singular", feed("float", [[1, 0, 1], [1, 1, 1]]), feed("float", normal(3, 1)), error=True)
case("BandedTriangularSolve", "banded_many", feed("float", normal(4, 3)), feed("float", normal(3, 1)), error=True)
for t, pivoting in [("float", False), ("double", True)]:
    case("TridiagonalSolve", f"tridiagonalsolve_{t}_{int(pivoting)}", feed(t, lambda rng: rng.normal(0, 1, (2, 3, 6)) + [[0], [3], [0]]), feed(t, normal(2, 6, 2)), partial_pivoting=pivoting)
case("TridiagonalMatMul", "tridiagonalmatmul_float", feed("float", normal(2, 1, 5)), feed("float", normal(2, 1, 5)), feed("float", normal(2, 1, 5)), feed("float", normal(2, 5, 3)))
case("TridiagonalSolve", "tridiagonalsolve_pivots", feed("float", [[1, 2, 3, 0], [0, 0.1, 0, 2], [0, 5, -3, 1]]), feed("float", normal(4, 2)))
case("TridiagonalSolve", "tridiagonalsolve_one", feed("float", [[0.0], [2], [0]]), feed("float", [[3, 4]]))
case("TridiagonalSolve", "tridiagonalsolve_singular", feed("float", [[1, 0], [0, 1], [0, 0]]), feed("float", normal(2, 1)))
case("TridiagonalSolve", "tridiagonalsolve_shape", feed("float", normal(2, 3)), feed("float", normal(3, 1)), error=True)
case("TridiagonalMatMul", "tridiagonalmatmul_shape", feed("float", normal(1, 5)), feed("float", normal(1, 5)), feed("float", normal(1, 5)), feed("float", normal(4, 3)), error=True)
for op, t in [("Cholesky", "float"), ("Cholesky", "double"), ("BatchCholesky", "float")]:
    case(op, f"{op.lower()}_{t}", feed(t, definite(2, 4, 4)))
case("Cholesky", "cholesky_large", feed("float", definite(17, 17)))
for t, shape, full in [("float", (4, 4), False), ("float", (5, 3), False), ("float", (5, 3), True), ("float", (3, 5), True), ("double", (5, 3), False)]:
    case("Qr", f"qr_{t}_{shape[0]}{shape[1]}_{int(full)}", feed(t, normal(2, *shape)), full_matrices=full)
case("Qr", "qr_triangle", feed("float", [[2, 1], [0, -3]]))
for t, n in [("float", 1), ("float", 4), ("double", 3)]:
    case("MatrixExponential", f"matrixexponential_{t}_{n}", feed(t, normal(2, n, n)))
case("MatrixExponential", "matrixexponential_small", feed("float", normal(3, 3, scale=1e-3)))
case("MatrixExponential", "matrixexponential_turn", feed("float", [[0, -3, 0.5], [3, 0, 1], [-0.5, -1, 0]]))
for op, t, n in [("SelfAdjointEigV2", "float", 1), ("SelfAdjointEigV2", "float", 3), ("SelfAdjointEigV2", "float", 7), ("SelfAdjointEigV2", "double", 4), ("BatchSelfAdjointEigV2", "float", 2)]:
    case(op, f"{op.lower()}_{t}_{n}", feed(t, definite(2, n, n)))
case("SelfAdjointEigV2", "selfadjointeigv2_values", feed("float", definite(2, 4, 4)), compute_v=False, outputs=[0])
case("SelfAdjointEigV2", "selfadjointeigv2_diagonal", feed("float", [[3, 0, 0], [0, -1, 0], [0, 0, 2]]))
for op in ["SelfAdjointEig", "BatchSelfAdjointEig"]:
    case(op, f"{op.lower()}_float", feed("float", definite(3, 3) if op == "SelfAdjointEig" else definite(2, 3, 3)), producer=10)
for op, t, shape, full in [
    ("Svd", "float", (2, 2), False), ("Svd", "float", (4, 4), False), ("Svd", "float", (5, 3), True), ("Svd", "float", (3, 5), True),
    ("Svd", "double", (3, 5), False), ("BatchSvd", "float", (3, 3), False),
]:
    case(op, f"{op.lower()}_{t}_{shape[0]}{shape[1]}_{int(full)}", feed(t, normal(2, *shape)), full_matrices=full)
case("Svd", "svd_values", feed("float", normal(2, 4, 3)), compute_uv=False, outputs=[0])
case("Svd", "svd_rotation", feed("float", [[0.8, -0.6], [0.6, 0.8]]), outputs=[0])
