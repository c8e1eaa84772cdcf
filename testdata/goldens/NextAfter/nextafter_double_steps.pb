
/
x1Placeholder*
dtype0*
shape:

/
x2Placeholder*
dtype0*
shape:

 
op	NextAfterx1x2*
T0