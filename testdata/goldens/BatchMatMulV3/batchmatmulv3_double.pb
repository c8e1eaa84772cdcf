
6
xPlaceholder*
dtype0*
shape:
6
yPlaceholder*
dtype0*
shape:
9
opBatchMatMulV3xy*
Ta0*
Tb0*

Tout0