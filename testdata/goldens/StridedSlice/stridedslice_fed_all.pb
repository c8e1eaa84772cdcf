
:
inputPlaceholder*
dtype0*
shape:
2
beginPlaceholder*
dtype0*
shape:
0
endPlaceholder*
dtype0*
shape:
4
stridesPlaceholder*
dtype0*
shape:
\
opStridedSliceinputbeginendstrides*
Index0*
T0*
shrink_axis_mask