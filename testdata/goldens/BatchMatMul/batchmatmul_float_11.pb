
:
xPlaceholder*
dtype0*
shape:
:
yPlaceholder*
dtype0*
shape:
:
opBatchMatMulxy*
T0*
adj_x(*
adj_y(