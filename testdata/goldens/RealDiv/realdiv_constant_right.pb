
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"Xªµ?øê?Ed”?‚ß‡?

opRealDivxy*
T0