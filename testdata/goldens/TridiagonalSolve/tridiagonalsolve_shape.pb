
:
	diagonalsPlaceholder*
dtype0*
shape
:
4
rhsPlaceholder*
dtype0*
shape
:
/
opTridiagonalSolve	diagonalsrhs*
T0