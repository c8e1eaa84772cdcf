
2
inputPlaceholder*
dtype0*
shape:
:
	delimiterConst*
dtype0*
valueBB Bx
#
opStringSplitinput	delimiter