
2
valuePlaceholder*
dtype0*
shape:
'
opUnpackvalue*
T0*	
num