
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"Xó«?x×¨?b»ó?—?

opMulxy*
T0