
4
indicesPlaceholder*
dtype0*
shape:
1
dimsPlaceholder*
dtype0*
shape:
-
opUnravelIndexindicesdims*

Tidx0