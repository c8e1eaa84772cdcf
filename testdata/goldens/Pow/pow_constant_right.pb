
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"Ø?¹øÜ?j×”?—˜Ÿ?

opPowxy*
T0