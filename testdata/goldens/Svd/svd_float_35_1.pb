
:
inputPlaceholder*
dtype0*
shape:
.
opSvdinput*
T0*
full_matrices(