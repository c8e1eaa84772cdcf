
.
xPlaceholder*
dtype0*
shape:
T
opDataFormatVecPermutex*
T0*

dst_formatNCDHW*

src_formatNDHWC