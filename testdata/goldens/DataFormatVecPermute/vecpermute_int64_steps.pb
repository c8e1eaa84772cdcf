
.
xPlaceholder*
dtype0	*
shape:
&
opDataFormatVecPermutex*
T0	