
2
inputPlaceholder*
dtype0*
shape:
1
sepConst*
dtype0*
valueBB 

opStringSplitV2inputsep