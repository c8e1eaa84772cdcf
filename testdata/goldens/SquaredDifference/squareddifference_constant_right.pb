
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB":7å?õ^Ù?„º»?Pf„?
&
opSquaredDifferencexy*
T0