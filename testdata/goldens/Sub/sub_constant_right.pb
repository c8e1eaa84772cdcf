
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"Š¤?]3–?ÜÄê?œ?

opSubxy*
T0