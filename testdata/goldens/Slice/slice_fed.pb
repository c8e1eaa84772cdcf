
6
inputPlaceholder*
dtype0*
shape
:
2
beginPlaceholder*
dtype0*
shape:
1
sizePlaceholder*
dtype0*
shape:
5
opSliceinputbeginsize*
Index0*
T0