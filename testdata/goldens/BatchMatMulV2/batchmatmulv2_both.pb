
:
xPlaceholder*
dtype0*
shape:
:
yPlaceholder*
dtype0*
shape:
"
opBatchMatMulV2xy*
T0