
.
xPlaceholder*
dtype0*
shape:
.
yPlaceholder*
dtype0*
shape:
 
opTruncateDivxy*
T0