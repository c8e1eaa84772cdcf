
2
inputPlaceholder*
dtype0*
shape:
)
opBitcastinput*
T0*

type0