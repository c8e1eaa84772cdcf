
2
aPlaceholder*
dtype0*
shape
:
‚
bConst*
dtype0*i
value`B^"P$Æ0?8ˆ¾Dß¤?ýë0¿©ª>$v:½Óð]?ñNƒ?Ñ†?KO>Ž–R¿ëž?¿4C'Àc²¯¾2«¿°ªÜ?xå=€#´¿À_“?3œ>
,
opSparseMatMulab*
Ta0*
Tb0