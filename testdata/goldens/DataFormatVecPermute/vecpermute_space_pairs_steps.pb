
2
xPlaceholder*
dtype0*
shape
:
R
opDataFormatVecPermutex*
T0*

dst_formatNCHW*

src_formatNWHC