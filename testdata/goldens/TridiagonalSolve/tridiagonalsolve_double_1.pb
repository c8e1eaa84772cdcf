
>
	diagonalsPlaceholder*
dtype0*
shape:
8
rhsPlaceholder*
dtype0*
shape:
G
opTridiagonalSolve	diagonalsrhs*
T0*
partial_pivoting(