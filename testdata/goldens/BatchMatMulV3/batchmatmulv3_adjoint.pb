
6
xPlaceholder*
dtype0*
shape:
2
yPlaceholder*
dtype0*
shape
:
S
opBatchMatMulV3xy*
Ta0*
Tb0*

Tout0*
adj_x(*
adj_y(